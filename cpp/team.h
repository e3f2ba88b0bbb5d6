// Threads that work on one task together and meet at barriers.
#pragma once
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace chainrule {

class Team {
public:
    explicit Team(int size);
    ~Team();
    Team(const Team&) = delete;

    int size() const { return int(workers_.size()) + 1; }
    void run(void (*job)(void* context, int thread), void* context);  // on all threads; the caller is thread 0
    void meet();                                                      // wait for the others
    double take_waited();  // seconds that all threads together have waited at meetings since it was last asked

private:
    void work(int thread);
    int64_t wait_while(std::atomic<uint32_t>& value, uint32_t seen);

    std::vector<std::thread> workers_;
    std::atomic<uint32_t> jobs_{0}, arrived_{0}, meetings_{0};
    std::atomic<int64_t> waited_{0};  // ns
    void (*job_)(void*, int) = nullptr;
    void* context_ = nullptr;
    bool closing_ = false;
};

}  // namespace chainrule
