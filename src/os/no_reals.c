/* no_reals.c - static builds of all but penstockctl: no numbers with fractions in texts
 * SPDX-License-Identifier: ISC
 *
 * No format of ours or of what is linked has %f and its kin; what glibc has for them is a large part
 * of its printing. These names, by which it calls itself (the second two since 2.37), end the
 * process, so that nobody takes an empty text for a number.
 */
#include <features.h>
#ifdef __GLIBC__
#include <stdlib.h>

#define NO_REALS(name_)                                                                            \
    _Noreturn void name_(void);                                                                    \
    void name_(void)                                                                               \
    {                                                                                              \
        abort();                                                                                   \
    }

NO_REALS(__printf_fp)
NO_REALS(__printf_fphex)
NO_REALS(__printf_fp_l_buffer)
NO_REALS(__printf_fphex_l_buffer)
NO_REALS(__wprintf_fp_l_buffer)
NO_REALS(__wprintf_fphex_l_buffer)
#endif
