#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <iomanip>
#include <limits>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/signals.h"
#include "tensor/device.h"
#include "tensor/upload.h"
#include "train/ema.h"
#include "train/learning_rate.h"
#include "train/trainer_impl.h"

namespace sr3 {

namespace {

constexpr int64_t kSkippedInRow = 10;  // so many skipped steps in a row end the run
constexpr double kNoisy = 1e-2;        // the largest alpha_bar_T without a warning that it is not pure noise

// Which process the others wait for.
void report_speeds(const std::vector<double>& seconds, int64_t steps) {
  if (seconds.size() < 2) return;
  const auto [fastest, slowest] = std::minmax_element(seconds.begin(), seconds.end());
  const auto a_step = [&](auto process) {
    return cat("process ", process - seconds.begin(), " with ", *process / static_cast<double>(steps), " s a step");
  };
  debug(cat("the slowest was ", a_step(slowest), ", the fastest ", a_step(fastest)));
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

// The gradients of options.batch examples, which the optimizer gets, from options.accumulate parts. Of several processes each
// computes its share of the parts.
StepSum Trainer::Impl::sum_of_parts() {
  const double begin = now();
  const int64_t batch = options.batch, parts = options.accumulate, share = parts / group.size();
  std::vector<at::Tensor> own;  // loss and bits of each part of this process; at last the square of the norm
  const auto part_gradients = [&](int64_t part) {
    const int64_t first = batch * part / parts, count = batch * (part + 1) / parts - first;
    const Batch examples = loader.next(progress.examples + first, count);
    // Each part is weighted by its share of the examples, so that the sum is the mean over the whole batch.
    const double weight = static_cast<double>(count) / static_cast<double>(batch);
    at::Tensor bits;
    const at::Tensor weighted =
        (distillation ? (*distillation)(parameters, examples) : loss(parameters, examples, &bits)) * weight;
    weighted.backward();
    own.push_back(weighted.detach());
    own.push_back(bits.defined() ? bits.to(at::kDouble) * weight : at::zeros_like(own.back()));
    return adam.take_gradients();
  };
  const auto gradients = tree_sum(group.rank() * share, (group.rank() + 1) * share, part_gradients);
  const double computed = now() - begin;
  group.sum(gradients);
  adam.set_gradients(gradients);
  own.push_back(adam.squared_norm());
  std::vector<double> values = downloaded(own);  // the only time in a step that the host waits for a GPU

  StepSum sum;
  sum.gradient_norm = std::sqrt(values.back());
  values.back() = computed;
  const std::vector<double> all = group.gather_numbers(values);
  for (int64_t part = 0; part < parts; ++part) {
    const auto at = static_cast<size_t>(part / share * (2 * share + 1) + part % share * 2);
    sum.loss += all[at];
    sum.bits += all[at + 1];
  }
  window_computed.resize(static_cast<size_t>(group.size()));
  for (int64_t process = 0; process < group.size(); ++process)
    window_computed[static_cast<size_t>(process)] += all[static_cast<size_t>((process + 1) * (2 * share + 1) - 1)];
  return sum;
}

// One update of the weights.
void Trainer::Impl::step() {
  const double begin = now(), waited = loader.waited(), exchanged = group.waited();
  const int64_t batch = options.batch;
  const auto [mean, bits, norm] = sum_of_parts();
  updating = true;
  ++progress.step;
  progress.examples += batch;
  if (std::isfinite(mean) && std::isfinite(norm)) {
    ++progress.updates;
    progress.skipped_in_row = 0;
    const LearningRate rate{options.learning_rate, options.warmup, options.decay, options.steps};
    std::vector<double> more_decays;
    for (const double decay : options.more_ema) more_decays.push_back(ema_decay(decay, progress.updates));
    const double scale = options.clip_norm > 0 && norm > options.clip_norm ? options.clip_norm / norm : 1;
    adam.step(progress.updates, rate.at(progress.step), scale, ema_decay(options.ema, progress.updates), more_decays);
    if (sharded()) group.exchange_slices(adam.slices());
    progress.window_loss += mean;
    progress.window_norm += norm;
    progress.window_bits += bits;
    ++progress.window_steps;
    shown_loss = std::isfinite(shown_loss) ? 0.98 * shown_loss + 0.02 * mean : mean;
  } else {
    ++progress.skipped;
    ++progress.skipped_in_row;
    warn(cat("step ", progress.step, " skipped: its ", std::isfinite(mean) ? "gradient" : "loss", " is not finite"));
  }
  adam.clear_gradients();
  updating = false;
  const double seconds = now() - begin;
  progress.seconds += seconds;
  window_seconds += seconds;
  window_waited += loader.waited() - waited;
  window_exchanged += group.waited() - exchanged;
  window_examples += batch;
}

// Appends a line about the window of steps since the last complete line; the window goes on if it is not complete yet.
void Trainer::Impl::write_journal() {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const auto steps = static_cast<double>(progress.window_steps);
  JournalLine line;
  line.step = progress.step;
  line.loss = steps > 0 ? progress.window_loss / steps : nothing;
  line.gradient_norm = steps > 0 ? progress.window_norm / steps : nothing;
  line.bits = steps > 0 && manifest.diffusion.variance == "learned" ? progress.window_bits / steps : nothing;
  line.learning_rate =
      LearningRate{options.learning_rate, options.warmup, options.decay, options.steps}.at(progress.step);
  line.skipped = progress.skipped;
  line.images_per_second = window_seconds > 0 ? static_cast<double>(window_examples) / window_seconds : 0;
  line.waiting = window_seconds > 0 ? window_waited / window_seconds : 0;
  if (group.size() > 1 && window_seconds > 0) line.communication = window_exchanged / window_seconds;
  line.seconds = progress.seconds;
  if (journal) journal->append(line);
  if (progress.step % options.journal_every != 0) return;
  progress.journalled = progress.step;
  if (steps > 0) progress.last_loss = line.loss;
  progress.window_loss = progress.window_norm = progress.window_bits = 0;
  progress.window_steps = 0;
  report_speeds(window_computed, options.journal_every);
  window_computed.clear();
  window_seconds = window_waited = window_exchanged = 0;
  window_examples = 0;
}

Trainer::Trainer(StageManifest manifest, const TrainerOptions& options, const DataOptions& data,
                 const std::string& output) {
  if (options.processes->first()) check_outputs(stage_paths(output), options);
  check_previews(manifest, options, data);
  use_threads(options.threads);
  impl_ = std::make_unique<Impl>(std::move(manifest), options, data, output);
  impl_->start();
}

Trainer::~Trainer() = default;

// Checks and reports what is known before the first step.
void Trainer::Impl::announce() const {
  if (progress.step > options.steps)
    throw UsageError(cat("--steps ", options.steps, ": '", paths.manifest, "' has done ", progress.step, " already"));
  const ImageOptions& image = manifest.image;
  std::string examples = cat(side, "x", side, " pixels");
  if (image.low_res > 0) examples += cat(" from ", side / image.scale(), "x", side / image.scale());
  info(cat(loader.images(), loader.images() == 1 ? " image" : " images", ", of which examples are ",
           whole ? "the whole, resized: " : "random crops: ", examples));
  info(cat("a network of ", parameters.count(), " weights, in ", options.precision, " on ", device.str(), ", ",
           options.threads, options.threads == 1 ? " thread" : " threads"));
  if (progress.step == options.steps)
    info(cat("'", paths.manifest, "' has done its ", options.steps, " steps; with more --steps it goes on"));
  else
    info(cat("steps ", progress.step + 1, " to ", options.steps, ", each of ", options.batch, " examples",
             options.accumulate > 1 ? cat(" in ", options.accumulate, " parts") : "", ", at a learning rate of ",
             options.learning_rate));
  if (manifest.kind == "regression") return;
  const double end = make_alpha_bar(make_betas(manifest.diffusion.schedule)).back();
  if (end > kNoisy)
    warn(cat("the schedule ends at alpha_bar ", end, ": this network will not have seen the pure noise that ",
             "sampling begins from (a larger 'beta_end' or more diffusion steps)"));
}

// After the first steps of a run whose end is far: how long the rest takes.
void Trainer::Impl::announce_duration(double seconds, int64_t steps) const {
  constexpr double kFar = 60;
  const double left = seconds / static_cast<double>(steps) * static_cast<double>(options.steps - progress.step);
  if (left < kFar) return;
  info(cat("about ", Meter::duration(left), " for the other ", options.steps - progress.step, " steps",
           options.time_limit ? cat("; --time-limit ends this run after ", Meter::duration(*options.time_limit)) : ""));
}

// Whether one of the processes was sent a signal, or is at its time limit, and whether a save is due.
Stop Trainer::Impl::agreed_stop(double last_save) {
  const double late = options.time_limit && running_time() >= *options.time_limit ? 1 : 0;
  const double save = save_due(last_save) ? 1 : 0;
  const std::vector<double> all = group.gather_numbers({static_cast<double>(StopSignals::received()), late, save});
  Stop stop;
  for (size_t i = 0; i < all.size(); i += 3) {
    if (stop.signal == 0) stop.signal = static_cast<int>(all[i]);
    stop.late = stop.late || all[i + 1] != 0;
  }
  stop.save = all[2] != 0;
  return stop;
}

// While steps are being skipped the weights may be ruined: the last save is worth more.
bool Trainer::Impl::save_due(double last_save) const {
  const bool due =
      options.save_steps > 0 ? progress.step % options.save_steps == 0 : now() - last_save >= options.save_seconds;
  return due && progress.skipped_in_row == 0;
}

// What ends the line of progress.
std::string Trainer::Impl::state_text() const {
  std::ostringstream text;
  text << "loss " << std::fixed << std::setprecision(4) << shown_loss;
  if (shown_scores) text << ", validation " << shown_scores->loss << std::setprecision(2);
  if (shown_scores && std::isfinite(shown_scores->psnr)) text << ", " << shown_scores->psnr << " dB";
  if (shown_scores && std::isfinite(shown_scores->frechet)) text << ", distance " << shown_scores->frechet;
  if (log_state().verbosity < 2 || group.size() == 1 || window_seconds <= 0) return text.str();
  text << std::setprecision(1) << ", " << static_cast<double>(window_examples) / window_seconds << " images/s of all, "
       << 100 * window_exchanged / window_seconds << "% in communication";
  return text.str();
}

// Trains until the last step, the time limit, a signal, or divergence. Returns the signal's number, or 0.
int Trainer::Impl::take_steps(const ProgressOptions& progress_options) {
  constexpr int64_t kFirst = 2, kMeasured = 5;  // the first steps are slower than the others
  const int64_t first = progress.step;
  double last_save = now(), measured_from = 0;
  Meter meter(group.first() ? progress_options : ProgressOptions{"never"}, "steps", options.steps, first);
  Stop stop = agreed_stop(last_save);
  if (validation_due() && stop.signal == 0 && !stop.late) {
    validate();
    stop = agreed_stop(last_save);
    if (stop.signal != 0) return stop.signal;
  }
  while (progress.step < options.steps) {
    if (stop.late) return 0;
    step();
    if (progress.step == first + 1 && journal) journal->cut(progress.journalled, progress.validated);
    if (progress.step == first + kFirst) measured_from = progress.seconds;
    if (progress.step == first + kFirst + kMeasured) announce_duration(progress.seconds - measured_from, kMeasured);
    if (progress.step % options.journal_every == 0) write_journal();
    keep_step();
    meter.update(progress.step, state_text());
    stop = agreed_stop(last_save);
    if (stop.signal != 0) return stop.signal;
    diverged = progress.skipped_in_row >= kSkippedInRow;
    if (diverged || progress.step == options.steps) return 0;
    if (stop.save && finite()) {
      save();
      last_save = now();
    }
    if (validation_due() && !stop.late) {
      validate();
      stop = agreed_stop(last_save);
      if (stop.signal != 0) return stop.signal;
    }
    if (options.preview_every > 0 && progress.step % options.preview_every == 0) draw_preview();
  }
  return 0;
}

void Trainer::Impl::draw_preview() {
  const NamedTensors ema = gathered(adam.ema());
  if (preview) preview->draw(ema, paths.preview);
}

// Writes the last line of the journal, the last save and the last preview. Error if the training diverged.
void Trainer::Impl::finish(bool stepped) {
  if (stepped && progress.step % options.journal_every != 0) write_journal();
  const std::string where = cat("step ", progress.step, " of ", options.steps);
  if (progress.skipped) warn(cat(progress.skipped, " steps skipped in all"));
  if (diverged)
    throw Error(cat("stopped at ", where, ": ", kSkippedInRow, " steps in a row had no finite loss or gradient",
                    " (a lower --learning-rate may help)"));
  if (validation_due() && progress.step == options.steps && signal == 0) {
    validate();
    signal = agreed_stop(now()).signal;
  }
  save_state();
  publish();
  if (options.preview_every > 0) draw_preview();
  // A signal that came meanwhile ends the program, too: cdm-train does not begin the next stage.
  if (signal == 0) signal = agreed_stop(now()).signal;
  if (progress.step < options.steps)
    info(cat("stopped after ", where, signal ? cat(" by ", StopSignals::name(signal)) : "",
             ", all saved; to go on: ", options.goes_on.empty() ? "the same command" : options.goes_on));
}

int Trainer::run(const ProgressOptions& progress_options) {
  Impl& t = *impl_;
  const StopSignals signals;
  t.announce();
  if (t.options.preview_every > 0 && t.group.first())
    t.preview =
        std::make_unique<Preview>(t.manifest, t.loader, t.options.preview_images, t.options.seed, t.device, t.compute);
  if (t.group.first()) t.open_validation();
  const int64_t preview_only = t.loader.replaced();  // images that no step has seen
  const int64_t first = t.progress.step;
  try {
    t.signal = t.take_steps(progress_options);
    t.finish(t.progress.step > first);
  } catch (...) {
    t.give_up();
  }
  if (t.signal != 0) return 128 + t.signal;
  double replaced = 0;
  for (const double count : t.group.gather_numbers({static_cast<double>(t.loader.replaced() - preview_only)}))
    replaced += count;
  if (replaced == 0) return kDone;
  warn(cat(replaced, replaced == 1 ? " example of this run was" : " examples of this run were",
           " not of the images that were due: these are damaged"));
  return kSkipped;
}

}  // namespace sr3
