/* change.h - files that were changed by what can send no signal are taken up
 * SPDX-License-Identifier: ISC
 *
 * What: looks at the files of the configuration in the pace of reload_on_change. What is another than what was
 *       read last, and the same at two looks, asks for a reload: a file that is being written to is left alone.
 *       A file that was refused is not read again until it changes.
 * Who:  supervisor.
 * Ref:  penstock.yaml(5) reload_on_change; docs/KUBERNETES.md.
 */
#pragma once

#include "supervisor/supervisor.h"

/** Look, if it is time. Once per turn, of which there are some in each second (watchdog.h). */
void change_tick(struct supervisor *sup);
