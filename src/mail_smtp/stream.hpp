// A TCP connection with deadlines, which may turn into a TLS one in place.
//
// Every call ends by its deadline, on the steady clock: the socket does not block, poll() does. An
// error leaves the stream unusable, but for a read() that timed out. Errors: smtp_unreachable,
// smtp_timeout (also when the caller's flag interrupts the wait), smtp_closed (the peer hung up),
// smtp_tls.
//
// Thread contract: belongs to one thread.
// Does not know SMTP. The look-up of a name has the resolver's own time-outs, not the deadline.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "mail_smtp/smtp_tls.hpp"

namespace postern {

using SmtpDeadline = std::chrono::steady_clock::time_point;

class SmtpStream {
 public:
  /// Tries every address of `host` in turn; each gets its share of the time that is left.
  /// `interrupted` (may be nullptr) outlives the stream: once it is set, nothing is waited for.
  static Result<SmtpStream> connect(const std::string& host, std::uint16_t port,
                                    SmtpDeadline deadline,
                                    const std::atomic<bool>* interrupted = nullptr);
  SmtpStream(SmtpStream&& other) noexcept;
  SmtpStream& operator=(SmtpStream&& other) = delete;
  /// Closes without a word.
  ~SmtpStream();

  /// Handshake and checks of the certificate. The caller has made sure that nothing of the
  /// plaintext is left unread.
  Status start_tls(const TlsContext& context, const std::string& host, SmtpDeadline deadline);
  bool is_tls() const { return ssl_ != nullptr; }

  Status write(std::string_view bytes, SmtpDeadline deadline);
  /// At least one byte.
  Result<std::size_t> read(std::span<char> into, SmtpDeadline deadline);
  /// False when bytes or the end have arrived: the peer has spoken unasked.
  bool quiet();

  /// Whether the connected peer is this machine: by its address, not by its name.
  bool peer_is_loopback() const;
  /// Our end as an address literal: "[192.0.2.1]" or "[IPv6:2001:db8::1]".
  std::string local_literal() const;

 private:
  SmtpStream(int socket, const std::atomic<bool>* interrupted)
      : socket_(socket), interrupted_(interrupted) {}
  Status wait(short events, SmtpDeadline deadline) const;
  /// After an operation on ssl_ that returned `result`: waits for what it waits for, or says why
  /// it failed.
  Status await_tls(int result, SmtpDeadline deadline);

  int socket_;
  const std::atomic<bool>* interrupted_;
  SslPtr ssl_;
};

}  // namespace postern
