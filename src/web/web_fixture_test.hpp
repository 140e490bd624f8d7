// The routes of tests/fakes/web_app.hpp as a fixture.
//
// Thread contract: belongs to one test.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "fakes/web_app.hpp"

namespace postern {

using fakes::bytes_of;
using fakes::header_of;

class WebTest : public testing::Test, protected fakes::WebApp {};

/// The member `code` of a problem+json body; a failure text for anything else.
std::string code_of(const HttpResponse& response);

}  // namespace postern
