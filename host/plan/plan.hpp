// A plan: which operators run over which partitions, where checkpoints are taken, under which fingerprints, and
// what of it is in the store already.
//
// Operators between two barriers form a pass. "Position" k means: after the first k operators; position 0
// is the input. A task is (pass, partition). Every value here is decided before the first task runs and
// is the same on every machine. A Plan is built on one thread; workers read it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/status.hpp"
#include "host/io/source.hpp"
#include "host/plugin/instance.hpp"
#include "host/recipe/recipe.hpp"
#include "host/store/store.hpp"

namespace ophost {

// How much of a plugin must be the same for its results to be reused. What was relaxed is recorded.
enum class Match { kStrict, kVersion, kSemantics };
constexpr std::size_t kMatches = 3;
const char* match_name(Match match);

// A fingerprint under each Match; blobs are stored under the strict one.
using Fingerprints = std::array<Fingerprint, kMatches>;

// How an operator ends a pass.
enum class Boundary {
  kNone,    // it does not: it works record by record
  kDedup,   // the whole data set decides which records stay: a bit per record
  kLocal,   // a partition's records become others (FLATMAP, a mapper that rewrites whole records): new rows
  kGlobal,  // the whole data set becomes another (SELECT, GROUP, AGGREGATE): new rows in every partition
};

// One operator of the recipe with all that its results depend on.
struct PlannedOp {
  const OpConfig* config = nullptr;
  const Operator* op = nullptr;
  std::vector<ColumnSpec> reads, writes;
  // Reads that earlier operators may have changed under another name or type (a statistic read as JSON, an object
  // whose member was written, "$record"): they are looked up in the record as it is by then.
  std::vector<ColumnSpec> views;
  // The derived columns among `reads`, each computed once per batch for all operators that read it.
  std::vector<std::pair<const Operator*, ColumnSpec>> derived;
  std::vector<ResourceUse> resources;
  Fingerprints identity;
  std::string ingredients;  // JSON object, kept beside every hash it went into
  Boundary boundary() const;
  bool barrier() const { return boundary() != Boundary::kNone; }
  // A deduplicator whose hashes an earlier one of the same kind has left in the record: Data-Juicer believes those, so
  // it finds nothing more.
  bool idle = false;
};

struct Pass {
  std::size_t begin = 0, end = 0;     // its record-local operators: [begin, end)
  std::optional<std::size_t> barrier; // the operator (== end) that follows, if any
  std::vector<std::size_t> borders;   // positions in (begin, end] where a tap stores a checkpoint
};

// One step from a partition's input to a state of it: the changes a tap stored, a deduplicator's decision, or rows
// that take the input's place (always the first layer).
struct Layer {
  bool decision = false;
  Fingerprint blob;
  std::uint32_t label = 0;  // frames with this label are the layer
  bool rows = false;
};
constexpr std::uint32_t kTapLabel = 0;
constexpr std::uint32_t kRowsLabel = 0;
constexpr std::uint32_t kKeyDeltaLabel = 0xffffffff;  // in a key list's or state's blob: what that phase changed

struct PassState {         // of one partition in one pass
  std::size_t start = 0;   // position of the best checkpoint inside the pass; pass.begin when none
  std::vector<Layer> layers;      // of that checkpoint (when start > pass.begin)
  std::vector<Layer> end_layers;  // when the state at pass.end is there, it
  bool end_ready = false;         // the state at pass.end can be read
  std::optional<Fingerprint> keys;  // the barrier's key list or state, when it is there
  std::optional<Fingerprint> rows;  // the rows that a kLocal or kGlobal boundary made, when they are there
};

struct PartitionPlan {
  InputPartition input;
  std::vector<Fingerprints> at;    // per position 0..n
  std::vector<Fingerprints> keys;  // per pass with a barrier: its key list or state (kLocal: unused)
  std::vector<PassState> passes;
};

struct Plan {
  const Recipe* recipe = nullptr;
  Match match = Match::kStrict;
  std::vector<InputFile> files;
  std::vector<PartitionPlan> partitions;
  std::vector<PlannedOp> ops;
  std::vector<Pass> passes;
  std::vector<Fingerprints> decisions;               // per pass with a barrier (kLocal: unused)
  std::vector<std::optional<Fingerprint>> decided;   // the blob, when it is in the store
  std::vector<ColumnSpec> stats;                     // every "__dj__…" column any operator writes, in order
  // Must the first text key hold a string for a record to be read? Only when an operator reads it so before the records
  // become others (a data set of groups, to be taken apart, has lists there); it must be there in any case.
  bool text_required = true;
  std::vector<std::string> warnings;
  std::vector<std::string> damaged;                  // checkpoints that cannot be read, by name: as good as missing
  // Checkpoints that can be read, but build on some that cannot: in the way of those that are computed in their stead.
  std::vector<Fingerprint> unfounded;
  Fingerprint export_fingerprint;                    // of the whole result and how it is written

  // How the pass ends; kNone for the last one.
  Boundary boundary(std::size_t pass) const {
    return passes[pass].barrier ? ops[*passes[pass].barrier].boundary() : Boundary::kNone;
  }
  // Does task (pass, partition) have anything to do before the last pass renders?
  bool needed(std::size_t pass, std::size_t partition) const;
  std::uint64_t input_bytes() const;
  // `partition` may come from a checkpoint: any number is safe while there are partitions.
  const InputFile& file_of(std::size_t partition) const {
    return files[partitions[partition < partitions.size() ? partition : 0].input.file];
  }
};

// What a plan must know of an operator with its parameters, which only an instance can say.
struct OpFacts {
  std::vector<ColumnSpec> reads, writes;
  std::vector<ResourceUse> resources;
};
// Creates the operator, so that every refusal comes before the first record is read; where, is the caller's business.
using OpProbe = std::function<Result<OpFacts>(const Operator&, const OpConfig&)>;
// In this process; the instance goes at once.
OpProbe probe_here(const HostServices& services);

// Builds passes, borders and fingerprints. `probe` is asked once for every operator of the process.
Result<Plan> make_plan(const Recipe& recipe, const Registry& registry, const OpProbe& probe,
                       std::vector<InputFile> files, std::vector<InputPartition> partitions, Match match);

// Where the recipe's strategy wants the taps; again after an `auto` strategy has chosen (recipe.manual_ops). Fingerprints
// do not depend on it.
void place_borders(Plan& plan);

// Looks up what the store holds; may be called again after something changed. A null store: nothing is there.
Status resolve_plan(Plan& plan, Store* store);

// A state of the plan that the store holds, under the plan's Match.
struct StoredState {
  std::optional<std::size_t> partition;  // nothing: of them all (a decision)
  std::size_t pass = 0;
  std::size_t position = 0;     // operators whose work is in it, a boundary's included
  bool after_boundary = false;  // a decision, or rows that a boundary made
  Fingerprint blob;
  Json manifest;
};
// All of them, whether a run would start from them or not. Those that cannot be read are left out.
Result<std::vector<StoredState>> stored_states(const Plan& plan, Store* store);

// ---- explanations -----------------------------------------------------------------------------

// For one operator over a run of partitions: reuse or run, and why.
struct Explanation {
  std::size_t op = 0;
  std::size_t first_partition = 0, last_partition = 0;  // inclusive
  bool reuse = false;
  std::string reason;
};

// The document a job leaves in the store, against which later plans are explained.
std::string job_document(const Plan& plan, const std::string& job_id, const std::string& status);

// Compares with the job document of `job_id`, or else with the newest one in the store.
Result<std::vector<Explanation>> explain_plan(const Plan& plan, Store* store, const std::string& job_id);

}  // namespace ophost
