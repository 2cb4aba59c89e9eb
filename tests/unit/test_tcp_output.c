/* test_tcp_output.c - frames in buffers of the pool
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "front/tcp_output.h"

static struct tcp *tcp = &front.tcp;

static struct tcp_connection *
connection(int *client)
{
    static uint32_t count;
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    *client = ends[0];
    struct tcp_connection *c = &tcp->connections[++count];
    c->source.fd = ends[1];
    return c;
}

static void
put(struct tcp_connection *c, size_t size, uint8_t octet)
{
    uint8_t *room = tcp_output_room(tcp, c, 2 + size);
    cr_assert_not_null(room);
    memset(room + 2, octet, size);
    tcp_output_put(tcp, c, size);
}

Test(tcp_output, gathers_frames_and_sends_them_with_one_call, .init = scene_setup)
{
    uint8_t got[512];
    int client;
    struct tcp_connection *c = connection(&client);
    put(c, 100, 1);
    put(c, 50, 2);
    cr_assert(tcp_output_flush(tcp, c));
    cr_expect_eq(c->output, 0, "an empty buffer goes back");
    cr_assert_eq(recv(client, got, sizeof got, 0), 102 + 52);
    cr_expect_eq(got[1], 100);
    cr_expect_eq(got[2], 1);
    cr_expect_eq(got[103], 50);
    cr_expect_eq(got[104], 2);
    cr_assert(tcp_output_flush(tcp, c), "nothing to send");
}

/* The next frame of a stream, all of whose octets are `octet`. @return octets with its length */
static size_t
take(int client, struct tcp_connection *c, uint8_t octet)
{
    static uint8_t got[2 + 65535];
    size_t have = 0, wanted = 2;
    while (have < wanted) {
        ssize_t size = recv(client, got + have, wanted - have, 0);
        have += size > 0 ? (size_t)size : 0;
        if (have == 2)
            wanted = 2 + ((size_t)got[0] << 8) + got[1];
        cr_assert(size > 0 || c->output != 0, "octets are lost");
        cr_assert(tcp_output_flush(tcp, c));
    }
    for (size_t i = 2; i < wanted; i++)
        cr_assert_eq(got[i], octet, "octet %zu of %zu", i, wanted);
    return wanted;
}

Test(tcp_output, what_waits_moves_up_when_more_has_to_fit, .init = scene_setup)
{
    int client;
    struct tcp_connection *c = connection(&client);
    size_t sent = 0, total = 0, room;
    while (c->output == 0 || tcp->outputs[c->output].start == 0) { /* until a part has left */
        if (c->output != 0)
            total += take(client, c, 3);
        put(c, 65535, 3);
        sent += 2 + 65535;
        cr_assert(tcp_output_flush(tcp, c));
    }
    const struct tcp_output *output = &tcp->outputs[c->output];
    while ((room = TCP_OUTPUT_BYTES - output->end) > 60000) {
        put(c, 30000, 3);
        sent += 2 + 30000;
    }
    put(c, room - 2 + 1, 5); /* one octet more than there is room for behind what waits */
    cr_expect_eq(output->start, 0, "it was moved up");
    while (total < sent)
        total += take(client, c, 3);
    cr_expect_eq(total, sent);
    cr_expect_eq(take(client, c, 5), room + 1);
    cr_expect_eq(c->output, 0);
}

Test(tcp_output, there_is_no_room_for_more_than_a_buffer, .init = scene_setup)
{
    int client;
    struct tcp_connection *c = connection(&client);
    cr_expect_null(tcp_output_room(tcp, c, TCP_OUTPUT_BYTES + 1));
    tcp_output_give(tcp, c);
    tcp_output_give(tcp, c); /* twice is once */
    cr_expect_not_null(tcp_output_room(tcp, c, TCP_OUTPUT_BYTES));
}

Test(tcp_output, a_lost_connection_is_told, .init = scene_setup)
{
    int client;
    struct tcp_connection *c = connection(&client);
    put(c, 100, 1);
    close(client);
    cr_expect_not(tcp_output_flush(tcp, c));
}

Test(tcp_output, the_pool_is_out_when_every_buffer_is_taken, .init = scene_setup)
{
    int client;
    struct tcp_connection *c = connection(&client);
    cr_assert_not_null(tcp_output_room(tcp, c, 10));
    uint32_t held = c->output;
    for (uint32_t i = 1; i < TCP_OUTPUTS; i++) { /* as if by other connections */
        c->output = 0;
        cr_assert_not(tcp_output_is_out(tcp));
        cr_assert_not_null(tcp_output_room(tcp, c, 10));
    }
    cr_expect(tcp_output_is_out(tcp));
    c->output = 0;
    cr_expect_null(tcp_output_room(tcp, c, 10));
    c->output = held;
    tcp_output_give(tcp, c);
    cr_expect_not_null(tcp_output_room(tcp, c, 10));
}
