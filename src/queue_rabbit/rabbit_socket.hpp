// Opens the way to a broker: TCP or TLS, handshake, login. The only place that sees the password.
//
// Thread contract: pure functions; a handle belongs to one thread at a time.
// Opens no channel and declares nothing.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "queue_rabbit/rabbit_options.hpp"

struct amqp_connection_state_t_;
struct amqp_rpc_reply_t_;

namespace postern {

/// The codes of errors that come from the broker or from the way to it.
namespace rabbit_error {
/// Not reachable, broken off, or not in time.
inline constexpr const char* kUnavailable = "broker_unavailable";
/// The broker does not let us in: user, password, vhost or permission.
inline constexpr const char* kRefused = "broker_refused";
/// An exchange or queue exists with other properties than the contract's (Retry::kNever).
inline constexpr const char* kTopology = "broker_topology";
/// A publication was not taken (returned or nacked).
inline constexpr const char* kNotConfirmed = "broker_not_confirmed";
}  // namespace rabbit_error

struct RabbitHandleDeleter {
  /// Frees and closes the socket without a word to the broker.
  void operator()(amqp_connection_state_t_* state) const;
};
using RabbitHandle = std::unique_ptr<amqp_connection_state_t_, RabbitHandleDeleter>;

/// Connects and logs in. `name` is shown to the broker's operator.
Result<RabbitHandle> connect_broker(const RabbitOptions& options, const RabbitHost& host,
                                    const std::string& name);

/// What a library status or a reply means; `what` is what was being done.
Error broker_status_error(std::string_view what, int status);
Error broker_reply_error(std::string_view what, const amqp_rpc_reply_t_& reply);

}  // namespace postern
