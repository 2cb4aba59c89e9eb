/* shrink.c - see shrink.h
 * SPDX-License-Identifier: ISC
 */
#include "shrink.h"

#include "apart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static struct {
    const struct world_row *row;
    uint64_t seed;
    unsigned char *kept;         /* a flag for each act */
    struct world_result *result; /* shared with the process that plays */
    char kind[sizeof((struct world_result *)NULL)->kind];
    size_t count;
    unsigned tries;
} shrink;

/* Is the violation the same one? */
static bool
is_found(void)
{
    shrink.tries++;
    struct apart one = {.row = shrink.row, .seed = shrink.seed, .kept = shrink.kept};
    int status = apart_play(&one, shrink.result);
    return status == 0 && shrink.result->violations > 0 &&
           (shrink.kind[0] == '\0' || strcmp(shrink.result->kind, shrink.kind) == 0);
}

/* Leave out what is kept of `count` acts from `from` on, if the violation stays. */
static void
leave_out(size_t from, size_t count)
{
    unsigned char *before = malloc(count);
    if (before == NULL)
        abort();
    memcpy(before, shrink.kept + from, count);
    bool has_any = memchr(before, 1, count) != NULL;
    memset(shrink.kept + from, 0, count);
    if (has_any && !is_found())
        memcpy(shrink.kept + from, before, count);
    free(before);
}

static void
print_kept(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < shrink.count; i++)
        kept += shrink.kept[i];
    (void)is_found(); /* the result of what is kept */
    printf("%zu of %zu acts are enough, after %u tries: %s\n  %s %llu keep ", kept, shrink.count,
           shrink.tries, shrink.result->first, shrink.row->name, (unsigned long long)shrink.seed);
    const char *comma = "";
    for (size_t i = 0; i < shrink.count; i++) {
        size_t last = i;
        if (shrink.kept[i] == 0)
            continue;
        while (last + 1 < shrink.count && shrink.kept[last + 1] != 0)
            last++;
        printf(last > i ? "%s%zu-%zu" : "%s%zu", comma, i, last);
        comma = ",";
        i = last;
    }
    printf("\n");
}

int
shrink_world(const struct world_row *row, uint64_t seed, unsigned seconds)
{
    time_t end_s = time(NULL) + (time_t)seconds;
    shrink.row = row;
    shrink.seed = seed;
    shrink.result = mmap(NULL, sizeof *shrink.result, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shrink.result == MAP_FAILED)
        return 2;
    if (!is_found()) {
        printf("%s %llu: no violation\n", row->name, (unsigned long long)seed);
        return 2;
    }
    memcpy(shrink.kind, shrink.result->kind, sizeof shrink.kind);
    shrink.count = shrink.result->acts;
    shrink.kept = malloc(shrink.count);
    if (shrink.kept == NULL)
        return 2;
    memset(shrink.kept, 1, shrink.count);
    for (size_t part = (shrink.count + 1) / 2; part > 0; part = part > 1 ? (part + 1) / 2 : 0)
        for (size_t from = 0; from < shrink.count && time(NULL) < end_s; from += part)
            leave_out(from, part < shrink.count - from ? part : shrink.count - from);
    print_kept();
    free(shrink.kept);
    return 1;
}

unsigned char *
shrink_kept(const char *list)
{
    unsigned char *kept = calloc(1, WORLD_ACTS_MAX);
    while (kept != NULL && *list != '\0') {
        char *behind;
        size_t first = strtoul(list, &behind, 10), last = first;
        if (*behind == '-')
            last = strtoul(behind + 1, &behind, 10);
        if (behind == list || (*behind != ',' && *behind != '\0') || last < first ||
            last >= WORLD_ACTS_MAX) {
            free(kept);
            return NULL;
        }
        memset(kept + first, 1, last - first + 1);
        list = behind + (*behind == ',');
    }
    return kept;
}
