// What every header needs before it starts: symbol visibility, the language, and the one compiler
// mode that the library's promises cannot survive.
#pragma once

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 202002L
#error "tapegrad needs C++20: compile with -std=c++20"
#include "C++20"  // no file, and so the end: g++ would go on, for thousands of lines
#endif

#if defined(_WIN32) && defined(TAPEGRAD_SHARED)
#if defined(TAPEGRAD_BUILDING)
#define TAPEGRAD_API __declspec(dllexport)
#else
#define TAPEGRAD_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define TAPEGRAD_API __attribute__((visibility("default")))
#else
#define TAPEGRAD_API
#endif

/// A function that is called when something went wrong or once in a thousand times: kept out of
/// line, so that a header holds a call and the hot path stays short.
#if defined(__GNUC__)
#define TAPEGRAD_COLD __attribute__((cold, noinline))
#else
#define TAPEGRAD_COLD
#endif

/// Called now and then: out of line, and yet made for speed.
#if defined(__GNUC__)
#define TAPEGRAD_NOINLINE __attribute__((noinline))
#else
#define TAPEGRAD_NOINLINE
#endif

/// The few functions that every operation passes through. Left to itself the compiler calls them,
/// and then hands them their arguments through memory: half as fast.
#if defined(__GNUC__)
#define TAPEGRAD_INLINE __attribute__((always_inline)) inline
#else
#define TAPEGRAD_INLINE inline
#endif

/// What those call, in code that is optimised; elsewhere a debugger can call it. It must be inlined
/// with them, and not later: g++ inlines what is left in a caller in time that grows with the
/// square of how much it is.
#if defined(__OPTIMIZE__)
#define TAPEGRAD_INLINE_WITH TAPEGRAD_INLINE
#else
#define TAPEGRAD_INLINE_WITH inline
#endif

/// The address that the calling function returns to: a place in the code of whoever called it.
#if defined(__GNUC__)
#define TAPEGRAD_CALLER __builtin_return_address(0)
#else
#define TAPEGRAD_CALLER nullptr
#endif

/// Behind a call whose callee asks for TAPEGRAD_CALLER: it cannot become a jump then, after which
/// nobody would know that its function was there.
#if defined(__GNUC__)
#define TAPEGRAD_RETURN_HERE asm volatile("")
#else
#define TAPEGRAD_RETURN_HERE static_cast<void>(0)
#endif

// Under -ffast-math (or -ffinite-math-only alone) the compiler assumes that NaN and infinity do not
// exist, and every statement of the edge table (ops/op.hpp) that speaks of them becomes false
// without a word.
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ && !defined(TAPEGRAD_ACCEPT_FAST_MATH)
#error "tapegrad: -ffast-math breaks NaN and infinity; TAPEGRAD_ACCEPT_FAST_MATH accepts that"
#endif
