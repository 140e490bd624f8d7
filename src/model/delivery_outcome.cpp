#include "model/delivery_outcome.hpp"

namespace postern {

std::string_view to_string(DeliveryOutcome outcome) {
  switch (outcome) {
    case DeliveryOutcome::kSent:
      return "sent";
    case DeliveryOutcome::kDeferred:
      return "deferred";
    case DeliveryOutcome::kFailed:
      return "failed";
  }
  return {};
}

std::string_view to_string(const std::optional<DeliveryOutcome>& outcome) {
  return outcome ? to_string(*outcome) : "queued";
}

std::optional<DeliveryOutcome> parse_delivery_outcome(std::string_view text) {
  for (const auto outcome :
       {DeliveryOutcome::kSent, DeliveryOutcome::kDeferred, DeliveryOutcome::kFailed}) {
    if (text == to_string(outcome)) return outcome;
  }
  return std::nullopt;
}

void OutcomeCounter::count(DeliveryOutcome outcome) {
  switch (outcome) {
    case DeliveryOutcome::kSent:
      ++sent_;
      break;
    case DeliveryOutcome::kDeferred:
      ++deferred_;
      break;
    case DeliveryOutcome::kFailed:
      ++failed_;
      break;
  }
}

}  // namespace postern
