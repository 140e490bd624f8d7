// The class of mail jobs that a claim takes first: nearly always the urgent one. A claim that ends
// before the lower classes would leave them where they are for as long as there is something more
// urgent; so two claims of sixteen begin with one of them.
//
// Thread contract: belongs to one thread.
#pragma once

#include <array>

#include "model/mail_priority.hpp"

namespace postern {

class ClaimOrder {
 public:
  std::array<MailPriority, 3> next() {
    using enum MailPriority;
    turn_ = (turn_ + 1) % kTurns;
    if (turn_ == kNormalTurn) return {kNormal, kUrgent, kBulk};
    if (turn_ == kBulkTurn) return {kBulk, kUrgent, kNormal};
    return kMailPriorities;
  }

 private:
  static constexpr int kTurns = 16;
  static constexpr int kNormalTurn = 8;
  static constexpr int kBulkTurn = 0;
  int turn_ = 0;
};

}  // namespace postern
