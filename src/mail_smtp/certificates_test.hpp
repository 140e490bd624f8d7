// Certificates for the tests: an authority of its own in a temporary folder, and what it signs.
//
// Thread contract: belongs to one thread.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace postern {

struct CertificateOptions {
  std::string dns_name = "localhost";
  /// Empty: none.
  std::string ip_address = "127.0.0.1";
  int begins_in_days = -1;
  int ends_in_days = 1;
  bool self_signed = false;
  /// The name is the subject's common name, and no alternative name.
  bool common_name_only = false;
};

struct CertificateFiles {
  std::string certificate;
  std::string key;
};

class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  std::string ca_file() const { return folder_ + "/ca.pem"; }
  std::string folder() const { return folder_; }
  CertificateFiles issue(const CertificateOptions& options);

 private:
  struct Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };

  std::string folder_;
  std::unique_ptr<X509, Free> authority_;
  std::unique_ptr<EVP_PKEY, Free> authority_key_;
  int serial_ = 1;
};

}  // namespace postern
