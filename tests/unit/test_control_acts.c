/* test_control_acts.c - what operators cause
 * SPDX-License-Identifier: ISC
 */
#include "control_scene.h"

#include "supervisor/shown.h"

Test(control_acts, a_reload_is_answered_when_it_has_ended)
{
    control_open(1);
    scene_write_file("nonsense: 1\n");
    int fd = control_client();
    CONTROL_SAY(fd, .type = CONTROL_RELOAD);
    control_turn(1);
    cr_assert_eq(control_serve_due_us(&sup), 0, "the answer is due at once");
    control_turn(0);
    control_expect(fd, CONTROL_FAILED, "nonsense");
    SCENE_LOGGED("asks to reload");
}

Test(control_acts, who_waits_for_a_reload_hears_that_the_service_stops)
{
    control_open(1);
    scene_write_file("nonsense: 1\n");
    int fd = control_client();
    scene_child(0, CHILD_WORKER)->state = LIFE_STARTING; /* so it waits */
    CONTROL_SAY(fd, .type = CONTROL_RELOAD);
    control_turn(1);
    control_expect(fd, 0, NULL);
    scene_child(0, CHILD_WORKER)->state = LIFE_READY;
    raise_signal(SIGTERM);
    control_turn(1);
    control_expect(fd, CONTROL_FAILED, "stopping");
    CONTROL_SAY(fd, .type = CONTROL_RELOAD);
    control_turn(1);
    control_expect(fd, CONTROL_FAILED, "stopping");
}

Test(control_acts, drain_and_level_do_what_they_say)
{
    control_open(1);
    int fd = control_client();
    CONTROL_SAY(fd, .type = CONTROL_LEVEL, .level = LOG_INFO);
    control_turn(1);
    control_expect(fd, CONTROL_DONE, "info and above are logged until the next reload");
    cr_assert_eq(sup.level, LOG_INFO);
    CONTROL_SAY(fd, .type = CONTROL_DRAIN);
    control_turn(1);
    control_expect(fd, CONTROL_DONE, "in flight");
    cr_assert_eq(sup.phase, PHASE_STOPPING);
}

Test(control_acts, addresses_and_refused_keys_of_upstreams_are_told_one_by_one)
{
    static const uint8_t pin[CONFIG_PIN_BYTES] = {1};
    control_open(1);
    sup.config.upstreams_count = 2;
    cr_assert_eq(addr_parse("192.0.2.1:853", 0, &sup.config.upstreams[0].address), STATUS_OK);
    cr_assert_eq(addr_parse("[2001:db8::1]:853", 0, &sup.config.upstreams[1].address), STATUS_OK);
    shown_note(&sup, &sup.config.upstreams[0].address, pin);
    int fd = control_client();
    CONTROL_SAY(fd, .type = CONTROL_UPSTREAMS);
    control_turn(1);
    control_expect(fd, CONTROL_UPSTREAM, "192.0.2.1:853");
    control_expect(fd, CONTROL_KEY, "sha256//AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    control_expect(fd, CONTROL_UPSTREAM, "[2001:db8::1]:853");
    control_expect(fd, CONTROL_DONE, NULL);
}
