/* world_faults.h - what goes wrong
 * SPDX-License-Identifier: ISC
 *
 * What: the acts of acts.def that are faults, and when the last of them was over.
 * Who:  world.c; oracles ask when there was a fault.
 */
#pragma once

#include "world.h"

void world_faults_begin(void);

void world_faults_freeze(const struct act *act, uint64_t number);
void world_faults_forget(const struct act *act, uint64_t number);
void world_faults_silence(const struct act *act, uint64_t number);
void world_faults_refuse(const struct act *act, uint64_t number);
void world_faults_kill(const struct act *act, uint64_t number);
void world_faults_stall(const struct act *act, uint64_t number);
void world_faults_reload(const struct act *act, uint64_t number);
void world_faults_roll(const struct act *act, uint64_t number);
void world_faults_stop(const struct act *act, uint64_t number);
void world_faults_clock(const struct act *act, uint64_t number);

void world_faults_ring(const struct act *act, uint64_t number);
void world_faults_key(const struct act *act, uint64_t number);
void world_faults_tickets(const struct act *act, uint64_t number);
void world_faults_reset(const struct act *act, uint64_t number);

/** May one more process end? Then it is a fault now. Those that die too often rest, by design. */
bool world_faults_may_die(void);
/** Something is a fault now. */
void world_faults_note(void);

/** A front has ended: what it had has no end. */
void world_faults_front_ended(void);
/** May the supervisor have to end processes that broke a ring? */
bool world_faults_broke_rings(void);

/** How often the secret of cookies was another one within that time. */
unsigned world_faults_rolls(uint64_t since_us, uint64_t until_us);

/** When the last fault of any kind was over, or will be. */
uint64_t world_faults_over_us(void);
/** When a front ended the last time; 0: never. */
uint64_t world_faults_front_died_us(void);
/** Was it told to stop? When; 0: it was not. */
bool world_faults_is_stopped(void);
uint64_t world_faults_stopped_us(void);
/** Was that the only thing that happened? */
bool world_faults_is_stop_alone(void);
