// Errors as values: Result<T> holds either a value or an Error.
//
// Thread contract: plain values; no sharing of its own.
// Does not throw and does not log.
#pragma once

#include <cassert>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace postern {

/// Whether the same attempt may succeed when it is made again later.
enum class Retry { kNever, kLater };

/// Why something did not happen. An error that was not classified is temporary.
struct Error {
  /// Public and stable: the `code` of a problem document (RFC 9457).
  std::string code;
  Retry retry = Retry::kLater;
  /// For the log alone; never holds an address, a token or a password.
  std::string cause = {};
  /// For the caller, in English: what is wrong with the request. Empty: the code says it all.
  std::string text = {};
  /// Public and stable: which of the reasons that the code stands for; may be empty.
  std::string reason = {};
  /// How long the caller should wait before another attempt; zero: not known.
  std::chrono::seconds retry_after{};
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : value_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const { return value_.index() == 0; }
  T& operator*() & { return get(); }
  const T& operator*() const& { return const_cast<Result*>(this)->get(); }
  T&& operator*() && { return std::move(get()); }
  T* operator->() { return &get(); }
  const T* operator->() const { return &**this; }
  const Error& error() const {
    assert(value_.index() == 1);
    return *std::get_if<1>(&value_);
  }

 private:
  T& get() {
    assert(value_.index() == 0);
    return *std::get_if<0>(&value_);
  }

  std::variant<T, Error> value_;
};

/// Success without a value, or an Error. `return {};` is success.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const { return !error_; }
  const Error& error() const {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace postern
