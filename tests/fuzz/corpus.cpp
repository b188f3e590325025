#include "corpus.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "../unit/format/torch_files.h"
#include "image/codec.h"
#include "stage/cascade_manifest.h"
#include "stage/manifest.h"
#include "study/answers.h"
#include "study/plan.h"

namespace sr3 {

namespace {

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

Image picture(int64_t width, int64_t height, int depth) {
  Image image = make_image(width, height, depth);
  for (size_t i = 0; i < image.u8.size(); ++i) image.u8[i] = static_cast<uint8_t>(i * 37 % 251);
  for (size_t i = 0; i < image.u16.size(); ++i) image.u16[i] = static_cast<uint16_t>(i * 9173);
  image.comment = "sr {\"key\":\"a\",\"i\":0,\"n\":1}";
  return image;
}

// Of both depths; the largest has a colour profile, and, where the format has it, alpha.
std::vector<Bytes> encoded(Format format) {
  std::vector<Bytes> out;
  for (int depth : {8, 16})
    for (int64_t side : {1, 9, 24}) {
      Image image = picture(side, side / 2 + 1, depth);
      if (side == 24) {
        const std::string profile = test_profile();
        image.profile.assign(profile.begin(), profile.end());
        image.alpha.resize(image.samples() / 3);
        for (size_t i = 0; i < image.alpha.size(); ++i) image.alpha[i] = static_cast<uint16_t>(i * 4099);
      }
      out.push_back(encode(image, format, {}));
    }
  return out;
}

std::string be32(uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)};
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto* at = reinterpret_cast<const Bytef*>(body.data());
  return be32(static_cast<uint32_t>(data.size())) + body +
         be32(static_cast<uint32_t>(crc32(0, at, static_cast<uInt>(body.size()))));
}

// PNG of any colour type and depth, most of which our encoder never writes. The data are valid only for interlace 0.
Bytes raw_png(int depth, int color, int interlace) {
  const uint32_t side = 7;
  const int channels[] = {1, 0, 3, 1, 2, 0, 4};
  const size_t row = (side * static_cast<uint32_t>(channels[color] * depth) + 7) / 8;
  std::string raw;
  for (uint32_t y = 0; y < side; ++y) {
    raw += static_cast<char>(y % 5);  // the filter
    for (size_t x = 0; x < row; ++x) raw += static_cast<char>(x * 29 + y * 83);
  }
  uLongf size = compressBound(raw.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(raw.data()), raw.size());
  packed.resize(size);
  std::string palette(768, '\0');
  for (size_t i = 0; i < palette.size(); ++i) palette[i] = static_cast<char>(i * 7);
  std::string png = "\x89PNG\r\n\x1a\n";
  png += chunk("IHDR", be32(side) + be32(side) + static_cast<char>(depth) + static_cast<char>(color) +
                           std::string(2, '\0') + static_cast<char>(interlace));
  if (color == 3) png += chunk("PLTE", palette.substr(0, std::size_t{3} << depth)) + chunk("tRNS", "\x10\x80");
  if (color == 0) png += chunk("tRNS", std::string("\0\1", 2));
  if (color == 2) png += chunk("tRNS", std::string("\0\1\0\1\0\1", 6));
  png += chunk("tEXt", std::string("Comment\0sr {\"key\":\"a\"}", 23)) + chunk("IDAT", packed) + chunk("IEND", "");
  return bytes_of(png);
}

using Members = std::vector<std::pair<std::string, Bytes>>;

// format and filter ("" for none) are names of libarchive; options are those of archive_write_set_options.
Bytes packed(const Members& members, const char* format, const char* filter, const char* options = "") {
  Bytes out(size_t{1} << 18);
  size_t used = 0;
  archive* a = archive_write_new();
  archive_write_set_format_by_name(a, format);
  if (*filter) archive_write_add_filter_by_name(a, filter);
  archive_write_set_options(a, options);
  archive_write_open_memory(a, out.data(), out.size(), &used);
  for (const auto& [name, bytes] : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(a, entry);
    archive_write_data(a, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  out.resize(used);
  return out;
}

Bytes safetensors(const std::string& header, const std::string& data) {
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(header.size() >> 8 * i);
  return bytes_of(length + header + data);
}

}  // namespace

std::string test_profile() {
  std::string profile(160, '\0');
  profile.replace(0, 4, be32(160));
  profile.replace(16, 4, "RGB ");
  profile.replace(36, 4, "acsp");
  return profile;
}

std::vector<Bytes> pnm_corpus() {
  std::vector<Bytes> out = encoded(Format::kPnm);
  out.push_back(bytes_of("P5 # a\n3 2 # b\n255\nabcdef"));
  out.push_back(bytes_of("P5\n2 1\n1000\nabcd"));
  out.push_back(bytes_of("P6\n2 1\n7\n\1\2\3\4\5\6"));
  out.push_back(bytes_of("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL 7\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n\1\2\3\4"));
  out.push_back(bytes_of("P7\n# a\nDEPTH 4\nMAXVAL 255\nHEIGHT 1\nWIDTH 1\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd"));
  out.push_back(bytes_of("P7\nWIDTH 1\nHEIGHT 2\nDEPTH 3\nMAXVAL 25000\nENDHDR\nabcdefghijkl"));
  return out;
}

std::vector<Bytes> png_corpus() {
  std::vector<Bytes> out = encoded(Format::kPng);
  for (int interlace : {0, 1})
    for (int depth : {1, 2, 4, 8, 16})
      for (int color : {0, 2, 3, 4, 6})
        if (color == 0 || (color == 3 ? depth <= 8 : depth >= 8)) out.push_back(raw_png(depth, color, interlace));
  return out;
}

std::vector<Bytes> jpeg_corpus() {
  std::vector<Bytes> out = encoded(Format::kJpeg);
  // An EXIF orientation after the first marker.
  const std::string exif(
      "\xff\xe1\x00\x22"
      "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
      36);
  for (size_t i = 0; i < 3; ++i) {
    Bytes with = out[i];
    with.insert(with.begin() + 2, exif.begin(), exif.end());
    out.push_back(with);
  }
  return out;
}

std::vector<Bytes> stream_corpus() {
  std::vector<Bytes> out;
  for (const auto& kind : {pnm_corpus(), png_corpus(), jpeg_corpus(), webp_corpus(), gif_corpus(), tiff_corpus()}) {
    if (kind.empty()) continue;
    out.push_back(kind.front());
    for (size_t i = 1; i < kind.size(); i += 3) {
      Bytes joined = out.back().size() < 4000 ? out.back() : Bytes();
      joined.insert(joined.end(), kind[i].begin(), kind[i].end());
      out.push_back(joined);
    }
  }
  return out;
}

std::vector<Bytes> archive_corpus() {
  Members images;
  for (const Bytes& image : stream_corpus()) {
    const size_t number = images.size() + 1;
    images.emplace_back("folder/" + std::to_string(number) + (number % 2 ? ".png" : ".ppm"), image);
  }
  return {packed(images, "ustar", ""), packed(images, "pax", "gzip"), packed(images, "zip", ""),
          packed(images, "gnutar", ""), packed(images, "pax", "xz")};
}

std::vector<Bytes> comment_corpus() {
  return {bytes_of("sr {\"key\":\"0001\",\"i\":0,\"n\":64,\"class\":3,\"seed\":7}"),
          bytes_of("sr {\"key\":\"a/b\",\"i\":9223372036854775807,\"x\":{\"y\":[1,2,\"\\u00e9\"]}}"),
          bytes_of("sr {}")};
}

std::vector<Bytes> safetensors_corpus() {
  return {safetensors("{\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}", std::string(24, '\1')),
          safetensors("{\"__metadata__\":{\"a\":\"b\"},\"b\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[0,2]},"
                      "\"c\":{\"dtype\":\"I64\",\"shape\":[1,0,4],\"data_offsets\":[2,2]},"
                      "\"d\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[2,4]}}",
                      std::string(4, '\1'))};
}

std::vector<Bytes> torch_corpus() {
  using namespace torch_files;
  const std::string w = storage("FloatStorage", "0", 6), flag = storage("BoolStorage", "1", 2);
  const std::string pairs =
      global("collections", "OrderedDict") + "](](" + text("a") + tensor(w, 4, {2}, {1}) + "ee\x85R";
  const std::string object =
      dict({{"w", tensor(w, 0, {2, 3}, {3, 1})},
            {"t", global("torch._utils", "_rebuild_parameter") +
                      tuple({tensor(w, 0, {3, 2}, {1, 3}), "\x88", ordered_dict()}) + "R"},
            {"list", "](" + tensor(flag, 0, {2}, {1}) + "q\1h\1" + number(7) + "}" + number(1) + "Nse"},
            {"pairs", pairs}}) +
      "}" + text("_metadata") + ordered_dict() + "sb";
  const std::vector<Stored> stored = {{"0", 6, std::string(24, '\1')}, {"1", 2, std::string(2, '\1')}};
  return {bytes_of(legacy(object, stored)), bytes_of(zip(object, stored)), bytes_of(legacy("N", {}))};
}

std::vector<Bytes> checkpoint_corpus() {
  using namespace torch_files;
  const std::vector<std::vector<std::string>> projects = {
      {"time_embed.0.weight", "input_blocks.0.0.weight", "output_blocks.0.0.out_layers.0.weight",
       "output_blocks.0.1.conv.weight", "out.2.weight", "label_emb.weight"},
      {"denoise_fn.noise_level_mlp.1.weight", "denoise_fn.downs.0.weight",
       "denoise_fn.downs.1.res_block.block1.block.3.weight", "denoise_fn.downs.1.attn.qkv.weight",
       "denoise_fn.final_conv.block.3.weight", "betas"},
      {"module.conv_in.weight", "module.time_embedding.linear_1.weight", "module.conv_norm_out.weight",
       "module.mid_block.attentions.0.query.weight"}};
  std::vector<Bytes> out;
  for (const auto& names : projects) {
    std::vector<std::pair<std::string, std::string>> items;
    std::string header;
    for (const std::string& name : names) {
      items.emplace_back(name, tensor(storage("FloatStorage", "0", 12), 0, {2, 6}, {6, 1}));
      const size_t at = (items.size() - 1) * 48;
      header += (header.empty() ? "{\"" : ",\"") + name + "\":{\"dtype\":\"F32\",\"shape\":[2,6],\"data_offsets\":[" +
                std::to_string(at) + "," + std::to_string(at + 48) + "]}";
    }
    const std::vector<Stored> stored = {{"0", 12, std::string(48, '\1')}};
    out.push_back(bytes_of(legacy(dict(items), stored)));
    out.push_back(bytes_of(zip(dict(items), stored)));
    out.push_back(safetensors(header + "}", std::string(48 * names.size(), '\1')));
  }
  return out;
}

std::vector<Bytes> flags_corpus() {
  return {
      bytes_of("--image_size 64 --num_channels 192 --num_head_channels 64 --attention_resolutions 32,16,8 --class_cond "
               "True --learn_sigma True --noise_schedule cosine --use_new_attention_order True"),
      bytes_of("MODEL_FLAGS=\"--large_size 256 --small_size 64 --num_heads 4 --timestep_respacing 250\" --lr=1e-4"),
      bytes_of("--image_size 8 --channel_mult 1,2 --diffusion_steps 4000 --dropout 0.1")};
}

std::vector<Bytes> sr3_config_corpus() {
  return {bytes_of(R"({ // comment
    "datasets": {"train": {"l_resolution": 16, "batch_size": 4}}, "path": "a//b",
    "model": {"which_model_G": "sr3", "unet": {"in_channel": 6, "out_channel": 3, "inner_channel": 64, "norm_groups": 32,
      "channel_multiplier": [1, 2, 4], "attn_res": [16], "res_blocks": 2, "dropout": 0.2},
      "beta_schedule": {"train": {"schedule": "linear", "n_timestep": 20, "linear_start": 1e-6, "linear_end": 1e-2}},
      "diffusion": {"image_size": 128, "conditional": true}}})")};
}

std::vector<Bytes> diffusers_corpus() {
  return {bytes_of(R"({"_class_name": "UNet2DModel", "block_out_channels": [32, 64], "down_block_types": ["DownBlock2D",
    "AttnDownBlock2D"], "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "downsample_padding": 0, "freq_shift": 1,
    "flip_sin_to_cos": false, "norm_eps": 1e-6, "attention_head_dim": null, "num_class_embeds": 3, "sample_size": 32})"),
          bytes_of(R"({"_class_name": "DDIMScheduler", "beta_schedule": "scaled_linear", "num_train_timesteps": 50,
    "prediction_type": "v_prediction", "clip_sample": true, "trained_betas": [0.1, 0.2]})")};
}

std::vector<Bytes> npz_corpus() {
  const auto array = [](const std::string& header, const std::string& data) {
    const std::string magic("\x93NUMPY\x01\x00", 8), length{static_cast<char>(header.size()), '\0'};
    return bytes_of(magic + length + header + data);
  };
  const Members arrays = {
      {"mu.npy", array("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", std::string(16, '\1'))},
      {"sigma.npy", array("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", std::string(24, '\2'))},
      {"signature.npy", array("{'descr': '|S5', 'fortran_order': False, 'shape': (), }", "text!")}};
  return {packed(arrays, "zip", "", "zip:compression=store"), packed(arrays, "zip", "", "zip:compression=deflate")};
}

std::vector<Bytes> manifest_corpus() {
  StageManifest manifest;
  manifest.image.low_res = 16;
  manifest.network.condition_channels = 3;
  manifest.weights_file = "x.safetensors";
  manifest.weights_sha256 = std::string(64, 'a');
  manifest.history.push_back({"sr3-train", "0.1.0", {"photos", "-o", "x.json"}, "2026-01-31T12:00:00Z"});
  return {bytes_of(manifest_text(manifest))};
}

std::vector<Bytes> cascade_corpus() {
  CascadeManifest cascade;
  cascade.stages = {{"a-16.json", {}, {}}, {"a-32.json", {}, {}}};
  cascade.stages[1].sampling.noise_level = 0.1;
  cascade.stages[1].sampling.truncate = true;
  return {bytes_of(cascade_text(cascade))};
}

StudyDesign fuzz_design() {
  StudyDesign design;
  design.id = std::string(16, 'a');
  design.models = {"m", "n"};
  design.images = {"a", "b", "c", "d", "e", "f"};
  design.raters = 2, design.trials = 2;
  design.practice = design.catches = design.controls = design.repeats = 1;
  return design;
}

std::vector<Bytes> study_corpus() { return {bytes_of(design_json(fuzz_design()).dump())}; }

std::vector<Bytes> trials_corpus() {
  const StudyDesign design = fuzz_design();
  return {bytes_of(trials_text(design, plan_trials(design, 0)))};
}

std::vector<Bytes> answers_corpus() {
  Answer answer;
  answer.study = answer.session = std::string(16, 'a');
  answer.rater = answer.trial = 1;
  const std::string head =
      head_line({answer.study, answer.session, std::string(32, 'b'), 1, "n", "browser", utc_now()});
  const std::string human = answer_line(answer);
  answer.machine = true, answer.machine_name = "synthetic";
  return {bytes_of(head + "\n" + human + "\n"),
          bytes_of(human + "\n" + answer_line(answer) + "\n" + human.substr(0, 50)),
          bytes_of("rater,image,model,task,fooled\nr,i,m,1,0\n\"r\",\"i, \"\"j\"\"\",m,2,true\n")};
}

}  // namespace sr3
