/* no_unwind.c - static builds only: the C library's way to unwind ends here
 * SPDX-License-Identifier: ISC
 *
 * Its code that cleans up when a thread is cancelled names these, and they would bring the unwinder,
 * which has no tables to read here (src/no_unwind.ld). Nobody cancels a thread.
 */
#include <stdlib.h>

struct _Unwind_Exception;
_Noreturn void _Unwind_Resume(struct _Unwind_Exception *exception);
_Noreturn void __gcc_personality_v0(void);

void
_Unwind_Resume(struct _Unwind_Exception *exception)
{
    (void)exception;
    abort();
}

void
__gcc_personality_v0(void)
{
    abort();
}
