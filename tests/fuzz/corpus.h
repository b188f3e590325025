// Valid inputs to start with, generated instead of stored: small images of every kind, archives of them, manifests, weights.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "study/design.h"

namespace sr3 {

std::string test_profile();  // an ICC profile that the readers keep

std::vector<Bytes> pnm_corpus();  // PAM, too
std::vector<Bytes> png_corpus();  // all colour types and depths, with and without transparency
std::vector<Bytes> jpeg_corpus();
std::vector<Bytes> webp_corpus();     // lossy, lossless, alpha, profile, film; format_corpus.cpp, like the next three
std::vector<Bytes> tiff_corpus();     // samples, compressions, strips and tiles
std::vector<Bytes> gif_corpus();      // interlaced, transparent, film
std::vector<Bytes> heif_corpus();     // HEIC and AVIF
std::vector<Bytes> stream_corpus();   // several images one after the other
std::vector<Bytes> archive_corpus();  // tar, tar.gz, zip
std::vector<Bytes> comment_corpus();  // "#sr" lines
std::vector<Bytes> safetensors_corpus();
std::vector<Bytes> torch_corpus();       // files of torch.save, legacy and zip
std::vector<Bytes> checkpoint_corpus();  // in every container, of every project that import-weights supports
std::vector<Bytes> flags_corpus();       // of guided-diffusion and improved-diffusion
std::vector<Bytes> sr3_config_corpus();
std::vector<Bytes> diffusers_corpus();  // config.json and scheduler_config.json
std::vector<Bytes> npz_corpus();        // stored and deflated
std::vector<Bytes> manifest_corpus();
std::vector<Bytes> cascade_corpus();
StudyDesign fuzz_design();
std::vector<Bytes> study_corpus();    // study.json of that design
std::vector<Bytes> trials_corpus();   // of that design
std::vector<Bytes> answers_corpus();  // files of sessions and of a machine rater, and a table

}  // namespace sr3
