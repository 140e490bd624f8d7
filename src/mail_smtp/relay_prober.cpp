#include "mail_smtp/relay_prober.hpp"

#include <pthread.h>

#include "mail_smtp/smtp_mailer.hpp"
#include "mail_smtp/verdict.hpp"

namespace postern {

RelayProber::RelayProber(RelayPool& relays) : relays_(relays) {
  relays_.set_probed(true);
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    threads_.emplace_back([this, i] { probe(i); });
    pthread_setname_np(threads_.back().native_handle(), "relay probe");
  }
}

RelayProber::~RelayProber() {
  ending_ = true;
  relays_.end_probing();
  for (std::thread& thread : threads_) thread.join();
  relays_.set_probed(false);
}

void RelayProber::probe(std::size_t relay) {
  while (std::optional<RelayTurn> turn = relays_.wait_for_probe(relay)) {
    const std::optional<SmtpFailure> failure = find_relay_failure(relays_.options(relay), &ending_);
    if (ending_) return;
    if (!failure) {
      turn->worked();
    } else {
      const Verdict verdict = judge(*failure, {}, {});
      turn->failed({verdict.fault, failure_words(*failure, {}), {}},
                   std::chrono::steady_clock::now());
    }
  }
}

}  // namespace postern
