// The division of the process's file descriptors.
//
// Thread contract: a pure function.
// Connections of clients get what is left when database, broker, SMTP, TLS files and the admin
// listener have theirs: however many clients there are, emails go out.
#pragma once

#include <cstddef>

namespace postern {

struct DescriptorNeeds {
  /// The process's limit.
  std::size_t descriptors = 0;
  std::size_t io_threads = 1;
  std::size_t smtp_connections = 0;
};

struct DescriptorPlan {
  std::size_t connections = 0;
  std::size_t connections_per_client = 0;
  std::size_t admin_connections = 0;
  /// So few are left that the server will refuse clients under ordinary load.
  bool tight = false;
};

DescriptorPlan plan_descriptors(const DescriptorNeeds& needs);

}  // namespace postern
