#include "app/descriptor_plan.hpp"

#include <algorithm>

#include "base/connection_limits.hpp"
#include "base/limits.hpp"

namespace postern {

DescriptorPlan plan_descriptors(const DescriptorNeeds& needs) {
  DescriptorPlan plan;
  plan.admin_connections = std::clamp(needs.descriptors / limits::kAdminConnections, std::size_t{4},
                                      limits::kAdminConnections);
  const std::size_t reserved = limits::kReservedDescriptors + plan.admin_connections +
                               needs.io_threads * limits::kDescriptorsPerIoThread +
                               needs.smtp_connections * limits::kDescriptorsPerSmtpConnection;
  const std::size_t left = needs.descriptors - std::min(needs.descriptors, reserved);
  plan.tight = left < limits::kConnectionsLeast * limits::kClientShare;
  plan.connections = std::clamp(left, limits::kConnectionsLeast, limits::kConnections);
  plan.connections_per_client = std::max<std::size_t>(plan.connections / limits::kClientShare, 1);
  return plan;
}

}  // namespace postern
