/* main.c - plays worlds from seeds, and says which violate what
 * SPDX-License-Identifier: ISC
 *
 * usage: simulate                    every world of worlds.def, with the seeds that a test run plays
 *        simulate SEED               every world that a test run plays, with this seed
 *        simulate WORLD SEED         one; `trace` behind it shows everything that happens
 *        simulate WORLD SEED shrink  which acts are enough for its violation
 *        simulate WORLD SEED keep LIST [trace]  with these acts alone, as shrink printed them
 *        simulate --seconds N        seed after seed, for so long
 *        simulate --minutes N        seed after seed, until they have played so much time
 *        simulate --hashes SEED      the trace of every world, one number each: the same in every build
 *        simulate --list             the worlds
 * Each world is a process, so that nothing of one is left for the next. Exit status: 1 after a
 * violation, 2 where the arguments cannot be understood.
 */
#include "apart.h"
#include "oracle.h"
#include "shrink.h"
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define SHRINK_S 60
#define LONG_S   600 /* who has less time plays no world of months: one takes minutes */

struct sum {
    uint64_t worlds, simulated_us;
};

static struct {
    struct world_result *result; /* shared with the process that plays */
    struct sum dense, uptime;    /* the latter: WORLD_LONG */
    uint64_t violated;
    double began_s;
} all;

static double
seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* @param how  behind the name of the world. @return false: a violation, which is printed */
static bool
is_good_end(const struct world_row *row, uint64_t seed, const char *how, int status)
{
    const struct world_result *result = all.result;
    if (status != 0)
        printf("%s %llu%s: the simulation ended with status 0x%x\n", row->name,
               (unsigned long long)seed, how, (unsigned)status);
    else if (result->counts.events == 0)
        printf("%s %llu%s: the simulation ended before its world did\n", row->name,
               (unsigned long long)seed, how);
    else if (result->violations > 0)
        printf("%s %llu%s: %u violations; the first %s\n", row->name, (unsigned long long)seed, how,
               result->violations, result->first);
    return status == 0 && result->counts.events > 0 && result->violations == 0;
}

/* @return false: a violation */
static bool
play_alone(const struct world_row *row, uint64_t seed)
{
    int status =
        apart_play(&(struct apart){.row = row, .seed = seed, .is_alone = true}, all.result);
    return is_good_end(row, seed, " without its floods", status);
}

/* @return false: a violation */
static bool
play_kept(const struct world_row *row, uint64_t seed, const unsigned char *kept, bool is_shown,
          bool is_told)
{
    double began_s = seconds();
    bool is_good = (row->flags & WORLD_CROWD) == 0 || play_alone(row, seed);
    struct apart one = {.row = row, .seed = seed, .kept = kept, .is_shown = is_shown};
    int status = apart_play(&one, all.result);
    const struct world_result *result = all.result;
    struct sum *sum = (row->flags & WORLD_LONG) != 0 ? &all.uptime : &all.dense;
    sum->worlds++;
    sum->simulated_us += result->simulated_us;
    double took_s = seconds() - began_s;
    if (is_told)
        printf("%s %llu: %.1f s in %.0f ms (%.0f times faster), %llu of %llu answered, "
               "%llu events, %llu turns, %llu calls, trace %016llx\n",
               row->name, (unsigned long long)seed, (double)result->simulated_us / 1e6,
               took_s * 1e3, (double)result->simulated_us / 1e6 / took_s,
               (unsigned long long)result->answered, (unsigned long long)result->asked,
               (unsigned long long)result->counts.events, (unsigned long long)result->counts.turns,
               (unsigned long long)result->counts.calls, (unsigned long long)result->hash);
    is_good = is_good_end(row, seed, "", status) && is_good;
    all.violated += !is_good;
    return is_good;
}

static bool
play(const struct world_row *row, uint64_t seed, bool is_shown, bool is_told)
{
    return play_kept(row, seed, NULL, is_shown, is_told);
}

/* What is said behind a world and its seed. @return false: it cannot be understood */
static bool
play_one(int argc, char **argv, int *status)
{
    const struct world_row *row = world_find(argv[1]);
    uint64_t seed = strtoull(argv[2], NULL, 10);
    const char *what = argc > 3 ? argv[3] : "";
    bool is_shown = argc > 3 && strcmp(argv[argc - 1], "trace") == 0;
    if (argc == 4 && strcmp(what, "shrink") == 0) {
        if ((row->flags & WORLD_CROWD) != 0)
            (void)play_alone(row, seed);
        *status = shrink_world(row, seed, SHRINK_S);
    } else if (argc == 5 + is_shown && strcmp(what, "keep") == 0) {
        unsigned char *kept = shrink_kept(argv[4]);
        if (kept == NULL)
            return false;
        *status = !play_kept(row, seed, kept, is_shown, true);
        free(kept);
    } else if (argc == 3 + is_shown) {
        *status = !play(row, seed, is_shown, true);
    } else {
        return false;
    }
    return true;
}

/* 0 seeds: what is known to be open. It is played when it is named. */
static void
play_all(uint64_t first, uint64_t count)
{
    for (size_t i = 0; i < world_rows_count; i++) {
        uint64_t seeds = count < world_rows[i].seeds && count > 0 ? count : world_rows[i].seeds;
        for (uint64_t seed = first; seed < first + seeds; seed++)
            (void)play(&world_rows[i], seed, false, count == 1);
    }
}

static void
print_hashes(uint64_t seed)
{
    for (size_t i = 0; i < world_rows_count; i++)
        if (world_rows[i].seeds > 0 && play(&world_rows[i], seed, false, false))
            printf("%s %llu %016llx\n", world_rows[i].name, (unsigned long long)seed,
                   (unsigned long long)all.result->hash);
}

static double
minutes(const struct sum *sum)
{
    return (double)sum->simulated_us / 60e6;
}

static int
report(void)
{
    printf("%llu worlds, %llu with violations; %.0f minutes in %llu dense ones and %.0f minutes in "
           "%llu "
           "of long uptime, simulated in %.1f s\n",
           (unsigned long long)(all.dense.worlds + all.uptime.worlds),
           (unsigned long long)all.violated, minutes(&all.dense),
           (unsigned long long)all.dense.worlds, minutes(&all.uptime),
           (unsigned long long)all.uptime.worlds, seconds() - all.began_s);
    return all.violated > 0;
}

static bool
is_over(double most_s, double most_minutes)
{
    return seconds() - all.began_s >= most_s ||
           minutes(&all.dense) + minutes(&all.uptime) >= most_minutes;
}

/* Each world in its turn, each time with another seed. */
static void
play_until(double most_s, double most_minutes)
{
    for (uint64_t seed = (uint64_t)time(NULL) * 1000; !is_over(most_s, most_minutes); seed++) {
        const struct world_row *row = &world_rows[seed % world_rows_count];
        if (row->seeds > 0 && ((row->flags & WORLD_LONG) == 0 || most_s >= LONG_S))
            (void)play(row, seed, false, false);
    }
}

static int
misuse(void)
{
    fprintf(stderr, "usage: simulate [SEED | WORLD SEED [trace | shrink | keep LIST [trace]] | "
                    "--seconds N | --minutes N | --hashes SEED | --list]\n");
    return 2;
}

static bool
is_number(const char *text)
{
    return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

int
main(int argc, char **argv)
{
    all.result =
        mmap(NULL, sizeof *all.result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    all.began_s = seconds();
    if (all.result == MAP_FAILED || !oracle_crowd_begin())
        return 2;
    clearenv(); /* the supervisor reads it */
    if (argc == 1) {
        play_all(1, 0);
    } else if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < world_rows_count; i++)
            printf("%-10s %s\n", world_rows[i].name, world_rows[i].text);
        return 0;
    } else if (argc == 3 && strcmp(argv[1], "--seconds") == 0 && is_number(argv[2])) {
        play_until(strtod(argv[2], NULL), INFINITY);
    } else if (argc == 3 && strcmp(argv[1], "--minutes") == 0 && is_number(argv[2])) {
        play_until(INFINITY, strtod(argv[2], NULL));
    } else if (argc == 3 && strcmp(argv[1], "--hashes") == 0 && is_number(argv[2])) {
        print_hashes(strtoull(argv[2], NULL, 10));
        return all.violated > 0;
    } else if (argc == 2 && is_number(argv[1])) {
        play_all(strtoull(argv[1], NULL, 10), 1);
    } else if (argc >= 3 && world_find(argv[1]) != NULL && is_number(argv[2])) {
        int status;
        return play_one(argc, argv, &status) ? status : misuse();
    } else {
        return misuse();
    }
    return report();
}
