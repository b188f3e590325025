// Valid inputs to begin with, made here and not stored: small images of every kind, archives of them, manifests, weights.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "study/design.h"

namespace sr3 {

std::vector<Bytes> pnm_corpus();
std::vector<Bytes> png_corpus();  // all colour types and depths, with and without transparency
std::vector<Bytes> jpeg_corpus();
std::vector<Bytes> stream_corpus();   // several images one after the other
std::vector<Bytes> archive_corpus();  // tar, tar.gz, zip
std::vector<Bytes> comment_corpus();  // "#sr" lines
std::vector<Bytes> safetensors_corpus();
std::vector<Bytes> torch_corpus();       // torch.save's, legacy and zip
std::vector<Bytes> checkpoint_corpus();  // in every container, of every project that import-weights knows
std::vector<Bytes> flags_corpus();       // guided-diffusion's and improved-diffusion's
std::vector<Bytes> sr3_config_corpus();
std::vector<Bytes> diffusers_corpus();  // config.json and scheduler_config.json
std::vector<Bytes> npz_corpus();        // stored and deflated
std::vector<Bytes> manifest_corpus();
std::vector<Bytes> cascade_corpus();
StudyDesign fuzz_design();
std::vector<Bytes> study_corpus();    // study.json of that design
std::vector<Bytes> trials_corpus();   // of that design
std::vector<Bytes> answers_corpus();  // files of sessions, of a machine, of a table

}  // namespace sr3
