// One connection to the broker, with the queue of the yardsticks. A failure ends the program.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "queue_rabbit/amqp_library.hpp"

namespace bare {

constexpr const char* kQueue = "bare";

inline void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::_Exit(1);
}

/// Logged in as guest, with channel 1 open and the queue declared: a quorum queue, as Postern's.
inline amqp_connection_state_t connect_amqp(int port) {
  amqp_connection_state_t connection = amqp_new_connection();
  amqp_socket_t* socket = amqp_tcp_socket_new(connection);
  require(amqp_socket_open(socket, "127.0.0.1", port) == AMQP_STATUS_OK, "connecting to AMQP");
  const auto login =
      amqp_login(connection, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
  require(login.reply_type == AMQP_RESPONSE_NORMAL, "the AMQP login");
  require(amqp_channel_open(connection, 1) != nullptr, "opening a channel");
  amqp_table_entry_t quorum{};
  quorum.key = amqp_cstring_bytes("x-queue-type");
  quorum.value.kind = AMQP_FIELD_KIND_UTF8;
  quorum.value.value.bytes = amqp_cstring_bytes("quorum");
  require(amqp_queue_declare(connection, 1, amqp_cstring_bytes(kQueue), 0, 1, 0, 0, {1, &quorum}) !=
              nullptr,
          "declaring the queue");
  return connection;
}

}  // namespace bare
