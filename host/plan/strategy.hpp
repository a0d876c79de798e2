// Where checkpoints stand: the strategies of a recipe, and what `auto` chooses. Pure functions; any thread.
#pragma once

#include <string>

#include "host/plan/costs.hpp"
#include "host/recipe/recipe.hpp"

namespace ophost {

// Does `strategy` ask for a tap behind operator `op`? `listed` are the operators of manual and auto.
bool wants_border(CheckpointStrategy strategy, std::uint64_t n_ops, const Borders& listed, std::size_t op);
// All of them: `ops` operators, whose barriers keep what they make in any case.
Borders borders_of(CheckpointStrategy strategy, std::uint64_t n_ops, const Borders& listed, const RunCosts& costs);

// Documented in docs/recipe.md ("auto").
constexpr double kShortRun = 600, kLongRun = 3600;  // seconds
constexpr double kExpensiveOp = 60;                 // seconds of wall
constexpr double kTroubleEvery = 36000;             // seconds of wall between two crashes, stops or changed operators
constexpr std::size_t kAutoEvery = 5;

struct BorderChoice {
  std::string like;    // disabled, every_n_ops, manual: which of the strategies it amounts to
  Borders borders;     // optional taps
  std::string reason;  // one sentence
};

// A run of under ten minutes needs no checkpoints; one of up to an hour gets one every five operators; a longer one
// gets them behind its expensive operators (every five where there is none). A tap that costs more than what it saves
// times the chance that it is needed is left out.
BorderChoice choose_borders(const RunCosts& costs);

// Is it worth a checkpoint of its own? By measurement; where there is none, by what the plugin declares, and where it
// says nothing, by Data-Juicer's patterns (*_deduplicator, *_embedding_*, *_model_*, *_vision_*, *_audio_*).
bool is_expensive(const OpCost& op, std::size_t workers);
bool has_expensive_name(const std::string& name);

}  // namespace ophost
