#include "queue_rabbit/rabbit_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>

#include "queue_rabbit/amqp_library.hpp"

namespace postern {
namespace {

constexpr int kFrameBytes = 131072;

/// The broker's reasons to close a connection or a channel (AMQP 0-9-1, reply codes).
constexpr int kAccessRefused = 403;
constexpr int kNotFound = 404;
constexpr int kPreconditionFailed = 406;
constexpr int kNotAllowed = 530;

timeval to_timeval(std::chrono::milliseconds duration) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  const std::chrono::microseconds rest = duration - seconds;
  return timeval{static_cast<time_t>(seconds.count()), static_cast<suseconds_t>(rest.count())};
}

std::string to_string(amqp_bytes_t bytes) {
  return bytes.len == 0 ? std::string()
                        : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

bool is_ip_address(const std::string& host) {
  in6_addr buffer{};
  return inet_pton(AF_INET, host.c_str(), &buffer) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &buffer) == 1;
}

/// For a broker that wants to know who connects. Both are read again for each connection, so that
/// renewed files are taken up.
Status show_certificate(SSL_CTX* context, const RabbitOptions& options) {
  if (options.cert_file.empty()) return {};
  // Never asks a terminal: a key under a passphrase is one that cannot be read.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    ERR_clear_error();
    return Error{rabbit_error::kUnavailable, Retry::kNever,
                 "certfile: no PEM certificate can be read from " + options.cert_file};
  }
  const bool fits =
      SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1;
  ERR_clear_error();
  if (fits) return {};
  return Error{rabbit_error::kUnavailable, Retry::kNever,
               "keyfile: no PEM key of that certificate, without a passphrase, can be read from " +
                   options.key_file};
}

/// OpenSSL verifies chain and name during the handshake; the library's own look at the name knows
/// no IP addresses and is left out.
Status set_up_tls(amqp_socket_t* socket, const RabbitOptions& options, const std::string& host) {
  auto* context = static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket));
  amqp_ssl_socket_set_verify_peer(socket, 1);
  amqp_ssl_socket_set_verify_hostname(socket, 0);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* verify = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(
      verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool named = is_ip_address(host)
                         ? X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1
                         : X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size()) == 1;
  if (!named || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
    return Error{rabbit_error::kUnavailable, Retry::kNever, "TLS cannot be set up"};
  }
  const bool trusted =
      options.ca_file.empty()
          ? SSL_CTX_set_default_verify_paths(context) == 1
          : SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) == 1;
  if (!trusted) {
    return Error{rabbit_error::kUnavailable, Retry::kNever,
                 "cacertfile: no PEM file of authorities can be read from " + options.ca_file};
  }
  return show_certificate(context, options);
}

/// A peer that has gone, or that stopped reading, breaks the connection instead of blocking a
/// send for ever. Best effort: without the options only the time until that differs.
void bound_sends(int fd, std::chrono::milliseconds timeout) {
  const auto user_timeout_ms = static_cast<unsigned>(timeout.count());
  const int on = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

amqp_table_entry_t bool_entry(const char* key) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = 1;
  return entry;
}

Status log_in(amqp_connection_state_t state, const RabbitOptions& options,
              const std::string& name) {
  std::array capabilities{bool_entry("connection.blocked"), bool_entry("consumer_cancel_notify"),
                          bool_entry("publisher_confirms"), bool_entry("basic.nack"),
                          bool_entry("authentication_failure_close")};
  std::array<amqp_table_entry_t, 2> entries{};
  entries[0].key = amqp_cstring_bytes("capabilities");
  entries[0].value.kind = AMQP_FIELD_KIND_TABLE;
  entries[0].value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
  entries[1].key = amqp_cstring_bytes("connection_name");
  entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
  entries[1].value.value.bytes = amqp_cstring_bytes(name.c_str());
  const amqp_table_t properties{static_cast<int>(entries.size()), entries.data()};

  const auto reply = amqp_login_with_properties(
      state, options.vhost.c_str(), 0, kFrameBytes, static_cast<int>(options.heartbeat.count()),
      &properties, AMQP_SASL_METHOD_PLAIN, options.user.c_str(), options.password.c_str());
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  auto error = broker_reply_error("login", reply);
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) error.code = rabbit_error::kRefused;
  return error;
}

/// 'x-queue-type' of "inequivalent arg 'x-queue-type' for queue …".
std::string argument_in(const std::string& words) {
  constexpr std::string_view kBefore = "inequivalent arg '";
  const auto begin = words.find(kBefore);
  if (begin == std::string::npos) return "its properties";
  const auto end = words.find('\'', begin + kBefore.size());
  return words.substr(begin + kBefore.size(), end - begin - kBefore.size());
}

/// The remedy, for the operator.
std::string advice(int reply_code, const std::string& words) {
  switch (reply_code) {
    case kAccessRefused:
      return words.find("Login was refused") != std::string::npos ||
                     words.find("access to") == std::string::npos
                 ? "check user and password in RABBITMQ_URL"
                 : "let the user configure, write and read it: rabbitmqctl set_permissions";
    case kNotFound:
      return "it was deleted meanwhile, and is declared again with the next connection";
    case kPreconditionFailed:
      return "what has this name differs in " + argument_in(words) +
             ": delete it when it is empty, or give Postern a vhost of its own";
    case kNotAllowed:
      return "create the vhost of RABBITMQ_URL (rabbitmqctl add_vhost) and let the user in"
             " (rabbitmqctl set_permissions)";
    default:
      return {};
  }
}

Error closed_by_broker(std::string_view what, int reply_code, const std::string& words) {
  Error error{rabbit_error::kUnavailable, Retry::kLater, std::string(what) + ": " + words};
  if (const auto todo = advice(reply_code, words); !todo.empty()) error.cause += " - " + todo;
  if (reply_code == kAccessRefused || reply_code == kNotAllowed) {
    error.code = rabbit_error::kRefused;
  } else if (reply_code == kPreconditionFailed) {
    error.code = rabbit_error::kTopology;
    error.retry = Retry::kNever;
  }
  return error;
}

}  // namespace

void RabbitHandleDeleter::operator()(amqp_connection_state_t_* state) const {
  amqp_destroy_connection(state);
}

Result<RabbitHandle> connect_broker(const RabbitOptions& options, const RabbitHost& host,
                                    const std::string& name) {
  RabbitHandle handle(amqp_new_connection());
  if (!handle) return broker_status_error("connect", AMQP_STATUS_NO_MEMORY);
  amqp_socket_t* socket =
      options.tls ? amqp_ssl_socket_new(handle.get()) : amqp_tcp_socket_new(handle.get());
  if (socket == nullptr) return broker_status_error("connect", AMQP_STATUS_NO_MEMORY);
  if (options.tls) {
    if (auto status = set_up_tls(socket, options, host.name); !status) return status.error();
  }

  const timeval timeout = to_timeval(limits::kBrokerConnectTimeout);
  if (const int status = amqp_socket_open_noblock(socket, host.name.c_str(), host.port, &timeout);
      status != AMQP_STATUS_OK) {
    return broker_status_error("connect", status);
  }
  bound_sends(amqp_get_sockfd(handle.get()), options.confirm_timeout);
  amqp_set_handshake_timeout(handle.get(), &timeout);
  amqp_set_rpc_timeout(handle.get(), &timeout);
  if (auto status = log_in(handle.get(), options, name); !status) return status.error();
  return handle;
}

Error broker_status_error(std::string_view what, int status) {
  return Error{rabbit_error::kUnavailable, Retry::kLater,
               std::string(what) + ": " + amqp_error_string2(status)};
}

Error broker_reply_error(std::string_view what, const amqp_rpc_reply_t_& reply) {
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) {
    return broker_status_error(what, reply.library_error);
  }
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) {
    if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
      const auto* close = static_cast<const amqp_connection_close_t*>(reply.reply.decoded);
      return closed_by_broker(what, close->reply_code, to_string(close->reply_text));
    }
    if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
      const auto* close = static_cast<const amqp_channel_close_t*>(reply.reply.decoded);
      return closed_by_broker(what, close->reply_code, to_string(close->reply_text));
    }
  }
  return Error{rabbit_error::kUnavailable, Retry::kLater, std::string(what) + ": no answer"};
}

}  // namespace postern
