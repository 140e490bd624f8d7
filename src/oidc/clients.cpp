#include "oidc/clients.hpp"

#include <algorithm>

#include "base/oidc_limits.hpp"
#include "oidc/redirect_uri.hpp"

namespace postern {
namespace {

ClientPtr client_of(const std::vector<ClientPtr>& clients, const std::string& id) {
  const auto found = std::ranges::find(
      clients, id, [](const ClientPtr& client) -> const auto& { return client->id; });
  return found == clients.end() ? nullptr : *found;
}

}  // namespace

void Clients::find(std::string id, Accept accept, Done done) {
  if (const auto set = recent()) {
    auto client = client_of(*set, id);
    if (accept(client.get())) return done(std::move(client));
  }
  read([id = std::move(id), accept = std::move(accept),
        done = std::move(done)](const Result<SetPtr>& set) {
    if (!set) return done(set.error());
    auto client = client_of(**set, id);
    const auto status = accept(client.get());
    status ? done(std::move(client)) : done(status.error());
  });
}

bool Clients::has_public_origin(std::string_view origin) {
  SetPtr set;
  {
    const std::lock_guard lock(mutex_);
    set = set_;
  }
  if (!set) return false;
  return std::ranges::any_of(*set, [&](const ClientPtr& client) {
    return client->is_public() &&
           std::ranges::any_of(client->redirect_uris,
                               [&](const std::string& uri) { return origin_of(uri) == origin; });
  });
}

Clients::SetPtr Clients::recent() {
  const std::lock_guard lock(mutex_);
  const auto age = std::chrono::steady_clock::now() - read_at_;
  return set_ && age < limits::kClientsAge ? set_ : nullptr;
}

void Clients::read(Reader reader) {
  {
    const std::lock_guard lock(mutex_);
    // What a reading under way has seen may be older than the question.
    (reading_ ? next_readers_ : readers_).push_back(std::move(reader));
    if (reading_) return;
    reading_ = true;
  }
  begin_reading();
}

void Clients::begin_reading() {
  const auto found = std::make_shared<Set>();
  StoreTask task;
  task.run = [found](Store& store) -> Status {
    auto clients = store.clients();
    if (!clients) return clients.error();
    found->clear();
    for (auto& client : *clients) {
      found->push_back(std::make_shared<const Client>(std::move(client)));
    }
    return {};
  };
  task.done = [this, found](Status status) {
    status ? end_reading(SetPtr(found)) : end_reading(status.error());
  };
  writer_.submit(std::move(task));
}

void Clients::end_reading(Result<SetPtr> set) {
  std::vector<Reader> readers;
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    if (set) {
      set_ = *set;
      read_at_ = std::chrono::steady_clock::now();
    }
    readers = std::exchange(readers_, std::exchange(next_readers_, {}));
    reading_ = again = !readers_.empty();
  }
  for (const auto& reader : readers) reader(set);
  if (again) begin_reading();
}

}  // namespace postern
