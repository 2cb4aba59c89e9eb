/* test_report.c - what the service page says
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "os/sys.h"

#define YAML                                                                                       \
    "acl: {allow: [127.0.0.0/8]}\nupstreams:\n- name: north\n  address: 192.0.2.1\n"               \
    "  verify: ca\n  tls_name: dns.example\ntls: {ca_file: /dev/null}\n"

#define LOAD(member) atomic_load(&sup.page->member)

Test(report, begins_with_what_never_changes)
{
    scene_open(2);
    cr_assert_eq(sup.page->magic, SERVICE_PAGE_MAGIC);
    cr_assert_eq(sup.page->bytes, sizeof(struct service_page));
    cr_assert_eq(sup.page->stats_bytes, sizeof(struct stats_page));
    cr_assert_str_eq(sup.page->version, PENSTOCK_VERSION);
    cr_assert_eq(sup.page->lanes, 2);
    cr_assert_gt(sup.page->started_s, 1700000000);
    cr_assert_eq(LOAD(generation), 1);
}

Test(report, nobody_can_write_to_it_but_us)
{
    scene_open(1);
    size_t size = sizeof(struct service_page);
    cr_assert_eq(mmap(NULL, size, PROT_WRITE, MAP_SHARED, sup.page_fd, 0), MAP_FAILED);
    cr_assert_lt(pwrite(sup.page_fd, "x", 1, 0), 0);
    void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, sup.page_fd, 0);
    cr_assert_lt(mprotect(map, size, PROT_READ | PROT_WRITE), 0);
    report_refused(&sup);
    cr_assert_eq(atomic_load(&((struct service_page *)map)->reloads_refused), 1);
}

Test(report, tells_of_each_child_and_its_deaths)
{
    scene_run(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    const struct service_page_child *shown = &sup.page->of_lane[0].children[CHILD_WORKER];
    cr_assert_eq(atomic_load(&shown->state), SERVICE_PAGE_READY);
    cr_assert_eq(atomic_load(&shown->pid), (uint64_t)worker->pid);
    cr_assert_eq(LOAD(phase), SERVICE_PAGE_RUNS);
    cr_assert_eq(LOAD(deaths), 0);
    uint64_t generation = LOAD(generation);
    end_process(scene_process(worker), SIGKILL);
    scene_turn(1);
    cr_assert_eq(LOAD(deaths), 1);
    cr_assert_eq(LOAD(died_us[0]), sup.loop.now_us);
    cr_assert_eq(atomic_load(&shown->deaths), 1);
    cr_assert_eq(LOAD(generation), generation, "its last counts are still what readers have");
    scene_pass(100);
    cr_assert_eq(atomic_load(&shown->state), SERVICE_PAGE_STARTING);
    scene_ready(worker);
    scene_turn(1);
    cr_assert_eq(atomic_load(&shown->state), SERVICE_PAGE_READY);
    cr_assert_gt(LOAD(generation), generation);
}

Test(report, the_ninth_death_takes_the_place_of_the_first)
{
    scene_open(1);
    for (uint64_t i = 0; i < SERVICE_PAGE_DEATHS + 1; i++) {
        sup.loop.now_us = 1000 + i;
        report_death(scene_child(0, CHILD_FRONT));
    }
    cr_assert_eq(LOAD(deaths), SERVICE_PAGE_DEATHS + 1);
    cr_assert_eq(LOAD(died_us[0]), 1000 + SERVICE_PAGE_DEATHS);
    cr_assert_eq(LOAD(died_us[1]), 1001);
}

Test(report, another_configuration_stands_on_another_page)
{
    scene_open_with(YAML);
    scene_start(1);
    struct service_page *old = mmap(NULL, sizeof *old, PROT_READ, MAP_SHARED, sup.page_fd, 0);
    cr_assert_neq(old, MAP_FAILED);
    sup.loop.now_us += MS;
    report_config(&sup);
    cr_assert_str_eq(sup.page->of_upstream[0].name, "north");
    cr_assert_eq(sup.page->of_upstream[0].verify, CONFIG_VERIFY_CA);
    cr_assert_eq(old->upstreams, 0, "a page that was handed out does not change there");
    cr_assert_eq(atomic_load(&old->generation), LOAD(generation), "but says that there is another");
    cr_assert_eq(sup.page->started_us, old->started_us);
    cr_assert_gt(sup.page->config_us, old->config_us);
}

Test(report, files_of_the_configuration_are_told_by_their_digests)
{
    static const char pem[] = "-----BEGIN CERTIFICATE-----";
    uint8_t sum[DIGEST_BYTES];
    scene_open(1);
    cr_assert(sup.page->has_ca == 0 && sup.page->list_files[IPC_LIST_BLOCK] == 0);
    cr_assert_eq(memory_share("ca", pem, sizeof pem, true, &sup.ca_fd), STATUS_OK);
    sup.config.local_block_count = 2;
    memset(sup.namelists.files[IPC_LIST_BLOCK][1].sum, 7, DIGEST_BYTES);
    report_config(&sup);
    digest_of(pem, sizeof pem - 1, sum);
    cr_assert_eq(sup.page->has_ca, 1);
    cr_assert_arr_eq(sup.page->ca_sum, sum, sizeof sum, "of the file, without the NUL behind it");
    cr_assert_eq(sup.page->list_files[IPC_LIST_BLOCK], 2);
    cr_assert_eq(sup.page->list_sums[IPC_LIST_BLOCK][1][31], 7);
    sys_close(sup.ca_fd);
    sup.ca_fd = -1;
    sup.config.local_block_count = 0;
    report_config(&sup);
    cr_assert(sup.page->has_ca == 0 && sup.page->ca_sum[0] == 0);
    cr_assert(sup.page->list_files[IPC_LIST_BLOCK] == 0 &&
              sup.page->list_sums[IPC_LIST_BLOCK][1][31] == 0);
}

Test(report, says_when_the_supervisor_looked_last)
{
    scene_run(1);
    uint64_t looked_us = LOAD(updated_us);
    scene_turn(REPORT_LOOK_MS - 1);
    cr_assert_eq(LOAD(updated_us), looked_us);
    scene_turn(1);
    cr_assert_eq(LOAD(updated_us), sup.loop.now_us);
}

Test(report, tells_which_names_are_asked_of_whom)
{
    scene_open_with("acl: {allow: [127.0.0.0/8]}\nupstreams:\n"
                    "- {name: north, address: 192.0.2.1, verify: ca, tls_name: a.example}\n"
                    "- {name: corp, address: 192.0.2.2, verify: ca, tls_name: b.example}\n"
                    "tls: {ca_file: /dev/null}\n"
                    "routes: [{names: [corp.example, lab.example], upstreams: [corp]}]\n");
    report_config(&sup);
    cr_assert_eq(sup.page->routes, 2);
    cr_expect_str_eq(sup.page->of_route[0].name, "");
    cr_expect_eq(sup.page->of_route[0].names, 0);
    cr_expect_eq(sup.page->of_route[0].upstreams, 1);
    cr_expect_str_eq(sup.page->of_route[1].name, "corp.example");
    cr_expect_eq(sup.page->of_route[1].names, 2);
    cr_expect_eq(sup.page->of_route[1].upstreams, 2);
}
