// Which of the builds of the kernels runs here.
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "task.h"

namespace chainrule {

#if defined(__x86_64__)
#define CHAINRULE_BUILDS(X) X(v4) X(v3) X(baseline)  // the best first
#else
#define CHAINRULE_BUILDS(X) X(baseline)
#endif

#define DECLARE(isa)                          \
    namespace isa {                           \
    extern const Kernels<float> table_float;   \
    extern const Kernels<double> table_double; \
    }
CHAINRULE_BUILDS(DECLARE)

namespace {

bool supported(const std::string& isa) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (isa == "v4")
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (isa == "v3") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
#endif
    return isa == "baseline";
}

template <class T>
const Kernels<T>& choose() {
    const char* const wanted = std::getenv("CHAINRULE_ISA");
    const bool free = !wanted || !*wanted;
    std::string known;
#define TRY(isa)                                              \
    if (free ? supported(#isa) : wanted == std::string(#isa)) { \
        if (!supported(#isa)) throw std::runtime_error("CHAINRULE_ISA: this processor cannot run " #isa); \
        if constexpr (std::is_same_v<T, float>) return isa::table_float; \
        else return isa::table_double;                         \
    }                                                         \
    known += known.empty() ? #isa : ", " #isa;
    CHAINRULE_BUILDS(TRY)
    throw std::runtime_error("CHAINRULE_ISA: expected one of " + known + "; got " + wanted);
}

}  // namespace

template <>
const Kernels<float>& kernels<float>() {
    static const Kernels<float>& chosen = choose<float>();
    return chosen;
}

template <>
const Kernels<double>& kernels<double>() {
    static const Kernels<double>& chosen = choose<double>();
    return chosen;
}

}  // namespace chainrule
