/* threads.c - two threads count without an order: the thread sanitizer has to find it
 * SPDX-License-Identifier: ISC
 */
#include <pthread.h>
#include <stddef.h>

#define TIMES 100000

static unsigned count;

static void *
count_up(void *unused)
{
    for (unsigned i = 0; i < TIMES; i++)
        count++;
    return unused;
}

int
main(void)
{
    pthread_t other;
    if (pthread_create(&other, NULL, count_up, NULL) != 0)
        return 2;
    count_up(NULL);
    return pthread_join(other, NULL);
}
