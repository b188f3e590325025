// The groups of options, which are the headings of --help: the register of all programs. Code names a group by its
// constant, so that a reworded heading changes no behaviour, and a mistyped group does not compile.
#pragma once

#include <string_view>

namespace sr3 {

struct OptionGroup {
  std::string_view heading;
  bool operator==(const OptionGroup&) const = default;
};

namespace groups {

inline constexpr OptionGroup kModel{"Model"};
inline constexpr OptionGroup kSampling{"Sampling (defaults: the manifest's)"};
inline constexpr OptionGroup kResult{"Result"};
inline constexpr OptionGroup kTiles{"Large images"};
inline constexpr OptionGroup kImages{"Images"};
inline constexpr OptionGroup kDegradation{"Degradation"};
inline constexpr OptionGroup kSheet{"Sheet"};
inline constexpr OptionGroup kMetrics{"Metrics"};
inline constexpr OptionGroup kFeatures{"Features"};
inline constexpr OptionGroup kScores{"Scores beside the Frechet distance"};
inline constexpr OptionGroup kStatistics{"Statistics"};
inline constexpr OptionGroup kTraining{"Training"};
inline constexpr OptionGroup kValidation{"Validation"};
inline constexpr OptionGroup kDistillation{"Distillation"};
inline constexpr OptionGroup kStage{"Stage"};
inline constexpr OptionGroup kNetwork{"Network"};
inline constexpr OptionGroup kLowResolution{"Low resolution"};
inline constexpr OptionGroup kNewCascade{"A new cascade"};
inline constexpr OptionGroup kRunning{"Running"};
inline constexpr OptionGroup kData{"Data"};
inline constexpr OptionGroup kResults{"Results"};
inline constexpr OptionGroup kCheckpoint{"Settings of the checkpoint"};
inline constexpr OptionGroup kInspection{"Instead of importing"};
inline constexpr OptionGroup kStudies{"Studies"};
inline constexpr OptionGroup kPretrained{"A pretrained classifier"};
inline constexpr OptionGroup kRules{"Rules of a plan"};
inline constexpr OptionGroup kShowing{"Showing"};
inline constexpr OptionGroup kScoring{"Scoring"};
inline constexpr OptionGroup kMachineRaters{"Machine raters"};
inline constexpr OptionGroup kPower{"Power"};
inline constexpr OptionGroup kInput{"Input"};
inline constexpr OptionGroup kOutput{"Output"};
inline constexpr OptionGroup kComputation{"Computation"};
inline constexpr OptionGroup kCommon{"Common"};

}  // namespace groups

}  // namespace sr3
