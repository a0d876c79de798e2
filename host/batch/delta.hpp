// What a tap stores: for one batch, what changed since the checkpoint border before it. Chunks are self-delimiting,
// little-endian, documented byte by byte in docs/store-format.md; decode checks every length, so that a
// damaged chunk is an error and never a crash. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/base/status.hpp"
#include "host/batch/batch.hpp"

namespace ophost {

// Appends one chunk: the batch's first_row, rows, alive bits, faults with op > `after_op` (so that a reused
// checkpoint still tells its quarantined records), and for every column with a changed cell among the
// alive rows: its spec, the changed and valid bits, and the changed alive cells' values. Clears all `changed`
// bits afterwards. Runs of all-ones / all-zeros bitmaps are stored as one byte.
void encode_delta(Batch& batch, std::int32_t after_op, std::string& out);

// Reads one chunk from the front of `in` (advancing it) and applies it to `batch`, which has the same
// rows (checked): alive &= stored bits, the stored cells overwrite the columns (columns unknown to the batch
// are added), changed_ever set for them, faults added. Fault rows are dead.
Status apply_delta(std::string_view& in, Batch& batch);

}  // namespace ophost
