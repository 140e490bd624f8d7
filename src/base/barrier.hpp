// A barrier for exceptions on a thread that serves many: what one piece of work throws is that
// piece's Error, and the thread goes on with the others.
//
// Thread contract: pure.
// It stands where one operation's own work is called, and around a loop's turn as the last resort.
// An error of this kind is a defect or a lack of memory: Retry::kNever, since the same work would
// throw again.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "base/result.hpp"

namespace postern {

inline constexpr const char* kInternalError = "internal";

/// The return type of `work`: a Result, which its exceptions become; a Status where it returns
/// nothing.
template <class Work>
[[nodiscard]] auto guarded(Work&& work) {
  using Returned = std::invoke_result_t<Work>;
  using Outcome = std::conditional_t<std::is_void_v<Returned>, Status, Returned>;
  const auto internal = [](const char* what) {
    return Outcome(Error{kInternalError, Retry::kNever, what});
  };
  try {
    if constexpr (std::is_void_v<Returned>) {
      std::forward<Work>(work)();
      return Outcome();
    } else {
      return Outcome(std::forward<Work>(work)());
    }
  } catch (const std::exception& error) {
    return internal(error.what());
  } catch (...) {
    return internal("an exception of an unknown type");
  }
}

}  // namespace postern
