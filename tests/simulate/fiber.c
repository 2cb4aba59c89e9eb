/* fiber.c - see fiber.h
 * SPDX-License-Identifier: ISC
 */
#undef _FORTIFY_SOURCE /* its longjmp(3) knows one stack */

#include "fiber.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1 /* as gcc does */
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#define STACK_BYTES (2U << 20) /* a supervisor is there twice, where nothing is optimised */
#define GUARD_BYTES 65536U     /* below it, without access: a multiple of any page */

struct fiber {
    ucontext_t begin;
#ifdef __SANITIZE_ADDRESS__
    ucontext_t own, entered_from;
#else
    jmp_buf own, entered_from;
    bool has_begun;
#endif
    void (*run)(void *argument);
    void *argument;
    char *memory;
    void *fake_stack; /* of the sanitizer, while it does not run */
    void *outer_fake_stack;
    const void *outer_stack;
    size_t outer_size;
};

static struct fiber *starting; /* makecontext() hands over numbers only */

static void
arrived(struct fiber *fiber)
{
    (void)fiber;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fiber->fake_stack, &fiber->outer_stack, &fiber->outer_size);
#endif
}

static void
begin(void)
{
    struct fiber *fiber = starting;
    arrived(fiber);
    fiber->run(fiber->argument);
    abort();
}

#ifdef __SANITIZE_ADDRESS__
/* swapcontext(3), which it would take for a reason to clean the whole stack. */
static void
change(ucontext_t *from, const ucontext_t *to)
{
    volatile bool is_back = false;
    if (getcontext(from) != 0)
        abort();
    if (is_back)
        return;
    is_back = true;
    setcontext(to);
    abort();
}
#else
/* Without the two system calls of setcontext(3), which were a fifth of a quiet world. */
static void
enter(struct fiber *fiber)
{
    if (_setjmp(fiber->entered_from) != 0)
        return;
    if (fiber->has_begun)
        _longjmp(fiber->own, 1);
    fiber->has_begun = true;
    setcontext(&fiber->begin);
    abort();
}
#endif

struct fiber *
fiber_open(void (*run)(void *argument), void *argument)
{
    struct fiber *fiber = calloc(1, sizeof *fiber);
    void *memory = mmap(NULL, STACK_BYTES + GUARD_BYTES, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fiber == NULL || memory == MAP_FAILED ||
        mprotect((char *)memory + GUARD_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE) != 0 ||
        getcontext(&fiber->begin) != 0)
        abort();
#ifdef __SANITIZE_ADDRESS__ /* a stack that lay here before left its marks */
    ASAN_UNPOISON_MEMORY_REGION((char *)memory + GUARD_BYTES, STACK_BYTES);
#endif
    fiber->run = run;
    fiber->argument = argument;
    fiber->memory = memory;
    fiber->begin.uc_stack.ss_sp = fiber->memory + GUARD_BYTES;
    fiber->begin.uc_stack.ss_size = STACK_BYTES;
    makecontext(&fiber->begin, begin, 0);
#ifdef __SANITIZE_ADDRESS__
    fiber->own = fiber->begin;
#endif
    return fiber;
}

void
fiber_close(struct fiber *fiber)
{
    if (fiber == NULL)
        return;
#ifdef __SANITIZE_ADDRESS__ /* nor may what lies here next find its marks */
    ASAN_UNPOISON_MEMORY_REGION(fiber->memory + GUARD_BYTES, STACK_BYTES);
#endif
    munmap(fiber->memory, STACK_BYTES + GUARD_BYTES);
    free(fiber);
}

void
fiber_enter(struct fiber *fiber)
{
    starting = fiber;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&fiber->outer_fake_stack, fiber->memory + GUARD_BYTES,
                                   STACK_BYTES);
    change(&fiber->entered_from, &fiber->own);
    __sanitizer_finish_switch_fiber(fiber->outer_fake_stack, NULL, NULL);
#else
    enter(fiber);
#endif
}

void
fiber_leave(struct fiber *fiber, bool for_good)
{
    (void)for_good;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(for_good ? NULL : &fiber->fake_stack, fiber->outer_stack,
                                   fiber->outer_size);
    change(&fiber->own, &fiber->entered_from);
    arrived(fiber);
#else
    if (_setjmp(fiber->own) == 0)
        _longjmp(fiber->entered_from, 1);
#endif
}

const void *
fiber_stack(const struct fiber *fiber, size_t *size)
{
    *size = STACK_BYTES;
    return fiber->memory + GUARD_BYTES;
}
