#include "app/liveness.hpp"

#include <algorithm>
#include <utility>

namespace postern {

void Liveness::add(Check check) { entries_.push_back({std::move(check), nullptr}); }

void Liveness::add_counter(std::function<std::uint64_t()> rounds) {
  add([rounds = std::move(rounds), seen = std::uint64_t{0}](const auto& passed) mutable {
    const auto now = rounds();
    if (now != seen) passed();
    seen = now;
  });
}

void Liveness::begin() {
  // A new flag for each round: a thread that gets to the last round's check late has not passed
  // this one.
  for (auto& entry : entries_) entry.passed = std::make_shared<std::atomic<bool>>(false);
  repeat();
}

void Liveness::repeat() {
  for (auto& entry : entries_) {
    if (!*entry.passed) entry.check([passed = entry.passed] { *passed = true; });
  }
}

bool Liveness::all_passed() const {
  return std::all_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.passed && *entry.passed; });
}

}  // namespace postern
