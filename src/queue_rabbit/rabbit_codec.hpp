// Between the library's tables and properties and our messages.
//
// Thread contract: pure functions.
// Does not check what a message says.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "queue_rabbit/amqp_library.hpp"
#include "queue_rabbit/rabbit_message.hpp"

namespace postern {

/// Refers to the text.
amqp_bytes_t bytes(std::string_view text);
std::string_view view(amqp_bytes_t text);

/// Refers to the headers and to `entries`, which it fills.
amqp_table_t to_table(std::span<const MessageHeader> headers,
                      std::vector<amqp_table_entry_t>& entries);

/// Everything is copied: the frame's memory is the library's.
void read_properties(const amqp_basic_properties_t& properties, IncomingMessage& message);

/// Refers to the message and to `entries`, which it fills.
amqp_basic_properties_t to_properties(const OutgoingMessage& message,
                                      std::vector<amqp_table_entry_t>& entries);

}  // namespace postern
