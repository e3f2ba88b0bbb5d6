#include "team.h"

#include <chrono>

namespace chainrule {

namespace {

inline void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

Team::Team(int size) {
    for (int thread = 1; thread < size; ++thread) workers_.emplace_back([this, thread] { work(thread); });
}

Team::~Team() {
    closing_ = true;
    jobs_.fetch_add(1, std::memory_order_release);
    jobs_.notify_all();
    for (auto& worker : workers_) worker.join();
}

// The others are mostly there within a few microseconds. If they are not, one of them has lost its core to another
// process, perhaps the core that is spinning here: sleep and let it run. Returns the ns of that.
int64_t Team::wait_while(std::atomic<uint32_t>& value, uint32_t seen) {
    for (int spin = 0; spin < 300; ++spin) {
        if (value.load(std::memory_order_acquire) != seen) return 0;
        pause();
    }
    const auto start = std::chrono::steady_clock::now();
    while (value.load(std::memory_order_acquire) == seen) value.wait(seen, std::memory_order_acquire);
    return std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
}

double Team::take_waited() { return double(waited_.exchange(0)) * 1e-9; }

void Team::meet() {
    if (workers_.empty()) return;
    const uint32_t meeting = meetings_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == uint32_t(size())) {
        arrived_.store(0, std::memory_order_relaxed);
        meetings_.store(meeting + 1, std::memory_order_release);
        meetings_.notify_all();
    } else {
        if (const int64_t ns = wait_while(meetings_, meeting)) waited_.fetch_add(ns);
    }
}

void Team::run(void (*job)(void*, int), void* context) {
    job_ = job;
    context_ = context;
    jobs_.fetch_add(1, std::memory_order_release);
    jobs_.notify_all();
    job(context, 0);
    meet();
}

void Team::work(int thread) {
    for (uint32_t seen = 0;;) {
        wait_while(jobs_, seen);
        ++seen;
        if (closing_) return;
        job_(context_, thread);
        meet();
    }
}

}  // namespace chainrule
