/* metrics_upstreams.h - the upstreams, for Prometheus
 * SPDX-License-Identifier: ISC
 *
 * What: the families with a label for each upstream or route: its state, its responses, its key.
 * Who:  metrics. Pure.
 * Ref:  docs/METRICS.md.
 */
#pragma once

#include "exporter/family.h"
#include "view/figures.h"

void metrics_upstreams_draw(const struct family_out *out, const struct figures *figures);
