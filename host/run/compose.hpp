// Reads a stored checkpoint back as records, without a plan: the manifest says which input and which layers.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "host/base/status.hpp"
#include "host/store/store.hpp"

namespace ophost {

// Calls `each` with whole lines, a batch's worth at a time: the records as they are after the checkpoint's operator,
// statistics and hashes included. `manifest` is that of a blob of kind "checkpoint" or "keys". The input must still be
// what it was: a checkpoint stores what changed (an input error says so otherwise).
Status for_each_record(Store& store, const std::string& manifest,
                       const std::function<Status(std::string_view lines)>& each);

}  // namespace ophost
