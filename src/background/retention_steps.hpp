// The steps of the retention job: which rows are deleted, after how long, and how often they are
// looked for.
//
// Thread contract: the functions may be called from any thread, and a step's run_once from one at a
// time. The references outlive the steps.
#pragma once

#include <vector>

#include "account/services.hpp"
#include "background/retention_job.hpp"
#include "store/retention_store.hpp"

namespace postern {

/// All steps. `unconfirmed`: the retention period of accounts that were never confirmed.
std::vector<RetentionStep> retention_steps(AccountServices& services, const Retention& retention,
                                           Duration unconfirmed);

/// Entries of the audit, the oldest first.
RetentionStep audit_step(Writer& writer, const Clock& clock, Duration retention);
/// States of emails. They have no index by time, which every registration would pay for; hence a
/// walk through all of them.
RetentionStep mail_state_step(Writer& writer, const Clock& clock, Duration retention);
/// Accounts that were never confirmed (account/unconfirmed_retention.hpp).
RetentionStep unconfirmed_step(AccountServices& services, Duration retention);
/// Sessions and login throttles that have expired.
RetentionStep expired_step(Writer& writer, const Clock& clock);

}  // namespace postern
