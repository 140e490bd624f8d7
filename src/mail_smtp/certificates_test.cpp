#include "mail_smtp/certificates_test.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace postern {
namespace {

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "extension");
  X509_EXTENSION_free(extension);
}

X509* new_certificate(const std::string& name, int serial, EVP_PKEY* key) {
  X509* certificate = X509_new();
  require(certificate != nullptr && X509_set_version(certificate, 2) == 1, "certificate");
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate, key);
  return certificate;
}

void write_certificate(const std::string& path, X509* certificate) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  require(file != nullptr && PEM_write_X509(file, certificate) == 1, "certificate file");
  std::fclose(file);
}

void write_key(const std::string& path, EVP_PKEY* key) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  require(file != nullptr && PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr),
          "key file");
  std::fclose(file);
}

}  // namespace

TestCertificates::TestCertificates() {
  std::string pattern = std::filesystem::temp_directory_path() / "postern-smtp-XXXXXX";
  require(::mkdtemp(pattern.data()) != nullptr, "temporary folder");
  folder_ = pattern;
  authority_key_.reset(EVP_EC_gen("P-256"));
  authority_.reset(new_certificate("Postern test authority", serial_++, authority_key_.get()));
  X509_gmtime_adj(X509_getm_notBefore(authority_.get()), -3600L * 24 * 30);
  X509_gmtime_adj(X509_getm_notAfter(authority_.get()), 3600L * 24 * 30);
  X509_set_issuer_name(authority_.get(), X509_get_subject_name(authority_.get()));
  add_extension(authority_.get(), NID_basic_constraints, "critical,CA:TRUE");
  require(X509_sign(authority_.get(), authority_key_.get(), EVP_sha256()) > 0, "signature");
  write_certificate(ca_file(), authority_.get());
}

TestCertificates::~TestCertificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

CertificateFiles TestCertificates::issue(const CertificateOptions& options) {
  const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
  const int serial = serial_++;
  const std::unique_ptr<X509, Free> certificate(
      new_certificate(options.dns_name, serial, key.get()));
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 3600L * 24 * options.begins_in_days);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600L * 24 * options.ends_in_days);
  X509* issuer = options.self_signed ? certificate.get() : authority_.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  std::string names = options.common_name_only ? "email:a@example.com" : "DNS:" + options.dns_name;
  if (!options.ip_address.empty()) names += ",IP:" + options.ip_address;
  add_extension(certificate.get(), NID_subject_alt_name, names);
  require(X509_sign(certificate.get(), options.self_signed ? key.get() : authority_key_.get(),
                    EVP_sha256()) > 0,
          "signature");

  const std::string stem = folder_ + "/" + std::to_string(serial);
  CertificateFiles files{stem + ".pem", stem + ".key"};
  write_certificate(files.certificate, certificate.get());
  write_key(files.key, key.get());
  return files;
}

}  // namespace postern
