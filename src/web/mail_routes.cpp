// POST /register and POST /recover-password: an address comes in, an email may go out.
//
// The answer is the same for every well-formed address: whatever happens to it happens later, and
// is seen in the mailbox alone. A browser's form is answered with a redirect to a page that shows
// the address (web/sent_page.hpp), so that reloading it sends nothing again.
#include "web/answers.hpp"
#include "web/mail_form.hpp"
#include "web/negotiation.hpp"
#include "web/origin_check.hpp"
#include "web/sent_page.hpp"
#include "web/site.hpp"

namespace postern::web {
namespace {

struct MailRoute {
  std::string_view path;
  PageKind form;
  RequestAction action;
};

constexpr MailRoute kRegister{"/register", page::kRegister, RequestAction::kRegister};
constexpr MailRoute kRecover{"/recover-password", page::kRecover, RequestAction::kRecoverPassword};

/// A request as it was read, so far as it could be.
struct Submission {
  Visit visit;
  /// As typed; only kept where the form is shown again.
  std::string typed_email;
  bool html = false;
  /// A page's form, not a program that reads HTML: it follows a redirect and keeps a cookie.
  bool form = false;
  /// Sent by the page that follows the form.
  bool again = false;
  /// As it was understood.
  std::string email;
};

http::Response accept_submission(const Site& site, const MailRoute& route,
                                 const Submission& submission) {
  if (!submission.html) return accepted();
  if (!submission.form) return sent_page(site, submission.visit, 202, route.path);
  const SentNotice notice{std::string(route.path), submission.email,
                          site.services.accounts.clock.now()};
  return redirect_to_sent_page(site, submission.visit, notice, submission.again);
}

http::Response refuse_submission(const Site& site, const MailRoute& route,
                                 const Submission& submission, const Error& error) {
  if (!submission.html) return refuse(error);
  const bool form_again = error.code == "invalid_email" || error.retry == Retry::kLater;
  if (!form_again) return error_page(site, submission.visit, error);
  Visit visit = submission.visit;
  visit.path = route.path;
  return mail_form(site, route.form, visit, {status_of(error), submission.typed_email, &error});
}

/// Reads and checks everything; what it finds on the way stands in `submission`.
Result<MailRequest> read_mail_request(const Site& site, const http::Request& request,
                                      Submission& submission) {
  if (const auto origin = check_origin(request, site.services.settings); !origin) {
    return origin.error();
  }
  const auto fields = read_fields(request);
  if (!fields) return fields.error();
  auto visit = read_visit(site, request, *fields);
  if (!visit) return visit.error();
  submission.visit = *std::move(visit);
  const auto typed = fields->required("email");
  if (!typed) return typed.error();
  if (submission.html) submission.typed_email = *typed;
  const auto again = fields->optional("again");
  submission.again = again && *again;
  auto email = parse_email(*typed);
  if (!email) return email.error();
  if (submission.form) submission.email = email->address;
  return MailRequest{*std::move(email), submission.visit.locale, submission.visit.return_to,
                     context_of(request)};
}

void handle(const SitePtr& site, const MailRoute& route, const http::Request& request,
            http::Respond respond) {
  Submission submission;
  submission.html = wants_html(request);
  submission.form = submission.html && is_form(request);
  if (submission.html) submission.visit.locale = choose_locale(request, std::nullopt);
  auto mail_request = read_mail_request(*site, request, submission);
  if (!mail_request) {
    return respond(refuse_submission(*site, route, submission, mail_request.error()));
  }
  site->services.requests.submit(
      route.action, *std::move(mail_request),
      [site, &route, submission = std::move(submission),
       respond = std::move(respond)](Status status) {
        respond(status ? accept_submission(*site, route, submission)
                       : refuse_submission(*site, route, submission, status.error()));
      });
}

}  // namespace

void add_mail_routes(http::Router& router, const SitePtr& site) {
  for (const MailRoute* route : {&kRegister, &kRecover}) {
    router.add("POST", route->path,
               [site, route](const http::Request& request, http::Respond respond) {
                 handle(site, *route, request, std::move(respond));
               });
  }
}

}  // namespace postern::web
