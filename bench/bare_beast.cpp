// The yardstick: what Boost.Beast alone does on these cores with one thread.
//
//   bare_beast [--port N] [--signatures N]
//
// Answers every request with 202 {"status":"accepted"}, after so many ES256 signatures. No limits,
// no time-outs, no routes, no security headers: nothing that a real server needs, so that nothing
// slows it down.
#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bare_server.hpp"

namespace {

struct Signer {
  int count = 0;
  EVP_PKEY* key = nullptr;

  void sign() const {
    for (int i = 0; i < count; ++i) {
      EVP_MD_CTX* context = EVP_MD_CTX_new();
      std::array<unsigned char, 128> signature{};
      std::size_t size = signature.size();
      const std::array<unsigned char, 512> claims{};
      EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
      if (EVP_DigestSign(context, signature.data(), &size, claims.data(), claims.size()) != 1) {
        std::abort();
      }
      EVP_MD_CTX_free(context);
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  unsigned short port = 5099;
  Signer signer;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    if (i + 1 == argc || (option != "--port" && option != "--signatures")) {
      std::fprintf(stderr, "usage: bare_beast [--port N] [--signatures N]\n");
      return 2;
    }
    const int value = std::atoi(argv[i + 1]);
    option == "--port" ? port = static_cast<unsigned short>(value) : signer.count = value;
  }
  signer.key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1");
  bare::asio::io_context context(1);
  bare::run_server(context, port, [&signer](const std::string&) -> bare::Awaitable<void> {
    signer.sign();
    co_return;
  });
}
