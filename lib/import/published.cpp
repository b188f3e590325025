#include "import/published.h"

#include "base/error.h"
#include "import/adm.h"
#include "import/explain.h"
#include "import/sr3.h"

namespace sr3 {
namespace {

// All of guided-diffusion's networks.
const std::string kGuidedFlags =
    "--learn_sigma True --resblock_updown True --use_scale_shift_norm True --timestep_respacing 250 ";
// All of improved-diffusion's. The respacing is our choice, because 4000 steps take too long.
const std::string kImprovedFlags = "--learn_sigma True --timestep_respacing 250 ";
const std::string kClassifierFlags = "--resblock_updown True --num_head_channels 64 --attention_resolutions 32,16,8 ";

// A configuration of Janspiry's; they differ in these parts.
std::string janspiry(const std::string& unet, const std::string& diffusion, const std::string& data,
                     const std::string& rate) {
  return cat(R"({"model":{"unet":{)", unet,
             R"("inner_channel":64},"beta_schedule":{"train":{"schedule":"linear","n_timestep":2000,)",
             R"("linear_start":1e-6,"linear_end":1e-2}},"diffusion":{)", diffusion, R"(}},"datasets":{"train":{)", data,
             R"(}},"train":{"optimizer":{"lr":)", rate, "}}}");
}
const std::string kFaces128 = R"("channel_multiplier":[1,2,4,8,8],"attn_res":[16],"res_blocks":2,"dropout":0.2,)";
const std::string kFaces512 =
    R"("norm_groups":16,"channel_multiplier":[1,2,4,8,16],"attn_res":[],"res_blocks":1,"dropout":0,)";

constexpr const char* kGuided =
    "P. Dhariwal, A. Nichol (OpenAI), github.com/openai/guided-diffusion (code: MIT licence)";
constexpr const char* kImproved =
    "A. Nichol, P. Dhariwal (OpenAI), github.com/openai/improved-diffusion (code: MIT licence)";
constexpr const char* kJanspiry =
    "L. Jiang (Janspiry), github.com/Janspiry/Image-Super-Resolution-via-Iterative-Refinement (code: Apache licence "
    "2.0)";

using P = PublishedCheckpoint;

}  // namespace

const std::vector<PublishedCheckpoint>& published_checkpoints() {
  static const std::vector<PublishedCheckpoint> all = {
      {P::kAdm, "64x64_diffusion.pt",
       kGuidedFlags + "--image_size 64 --class_cond True --attention_resolutions 32,16,8 --num_channels 192 "
                      "--num_head_channels 64 --num_res_blocks 3 --noise_schedule cosine --dropout 0.1 "
                      "--use_new_attention_order True",
       "ImageNet", kGuided, 1000},
      {P::kAdm, "128x128_diffusion.pt",
       kGuidedFlags +
           "--image_size 128 --class_cond True --attention_resolutions 32,16,8 --num_channels 256 --num_heads 4 "
           "--num_res_blocks 2 --noise_schedule linear",
       "ImageNet", kGuided, 1000},
      {P::kAdm, "256x256_diffusion.pt",
       kGuidedFlags + "--image_size 256 --class_cond True --attention_resolutions 32,16,8 --num_channels 256 "
                      "--num_head_channels 64 --num_res_blocks 2 --noise_schedule linear",
       "ImageNet", kGuided, 1000},
      {P::kAdm, "256x256_diffusion_uncond.pt, lsun_bedroom.pt, lsun_cat.pt, lsun_horse.pt or lsun_horse_nodropout.pt",
       kGuidedFlags + "--image_size 256 --class_cond False --attention_resolutions 32,16,8 --num_channels 256 "
                      "--num_head_channels 64 --num_res_blocks 2 --noise_schedule linear",
       "ImageNet, or LSUN bedrooms, cats or horses", kGuided, 0},
      {P::kAdm, "512x512_diffusion.pt",
       kGuidedFlags + "--image_size 512 --class_cond True --attention_resolutions 32,16,8 --num_channels 256 "
                      "--num_head_channels 64 --num_res_blocks 2 --noise_schedule linear",
       "ImageNet", kGuided, 1000},
      {P::kAdm, "64_256_upsampler.pt",
       kGuidedFlags + "--large_size 256 --small_size 64 --class_cond True --attention_resolutions 32,16,8 "
                      "--num_channels 192 --num_heads 4 --num_res_blocks 2 --noise_schedule linear",
       "ImageNet", kGuided, 1000},
      {P::kAdm, "128_512_upsampler.pt",
       kGuidedFlags + "--large_size 512 --small_size 128 --class_cond True --attention_resolutions 32,16 "
                      "--num_channels 192 --num_head_channels 64 --num_res_blocks 2 --noise_schedule linear",
       "ImageNet", kGuided, 1000},
      {P::kAdm, "imagenet64_uncond_100M_1500K.pt or imagenet64_uncond_vlb_100M_1500K.pt",
       kImprovedFlags + "--image_size 64 --num_channels 128 --num_res_blocks 3 --diffusion_steps 4000 "
                        "--noise_schedule cosine --rescale_timesteps True",
       "ImageNet", kImproved, 0},
      {P::kAdm, "imagenet64_cond_270M_250K.pt",
       kImprovedFlags +
           "--image_size 64 --num_channels 192 --num_res_blocks 3 --class_cond True --diffusion_steps 4000 "
           "--noise_schedule cosine --rescale_timesteps False",
       "ImageNet", kImproved, 1000},
      {P::kAdm, "upsample_cond_500K.pt",
       kImprovedFlags + "--large_size 256 --small_size 64 --num_channels 192 --num_res_blocks 2 --class_cond True "
                        "--diffusion_steps 4000 --noise_schedule linear --rescale_timesteps False",
       "ImageNet", kImproved, 1000},
      {P::kAdm, "cifar10_uncond_50M_500K.pt or cifar10_uncond_vlb_50M_500K.pt",
       kImprovedFlags + "--image_size 32 --num_channels 128 --num_res_blocks 3 --dropout 0.3 --diffusion_steps 4000 "
                        "--noise_schedule cosine --rescale_timesteps True",
       "CIFAR-10", kImproved, 0},
      {P::kAdm, "lsun_uncond_100M_1200K_bs128.pt or lsun_uncond_100M_2400K_bs64.pt",
       kImprovedFlags + "--image_size 256 --num_channels 128 --num_res_blocks 2 --num_heads 1 "
                        "--use_scale_shift_norm False --attention_resolutions 16 --diffusion_steps 1000 "
                        "--noise_schedule linear --rescale_timesteps False",
       "LSUN bedrooms", kImproved, 0},
      {P::kSr3, "I640000_E37_gen.pth",
       janspiry(R"("in_channel":6,)" + kFaces128, R"("image_size":128,"conditional":true)",
                R"("l_resolution":16,"batch_size":4)", "1e-4"),
       "FFHQ", kJanspiry, 0},
      {P::kSr3, "I830000_E32_gen.pth",
       janspiry(R"("in_channel":6,)" + kFaces512, R"("image_size":512,"conditional":true)",
                R"("l_resolution":64,"batch_size":2)", "3e-6"),
       "FFHQ", kJanspiry, 0},
      {P::kSr3, "I1560000_E91_gen.pth",
       janspiry(R"("in_channel":3,)" + kFaces128, R"("image_size":128,"conditional":false)", R"("batch_size":4)",
                "1e-4"),
       "FFHQ", kJanspiry, 0},
      {P::kClassifier, "64x64_classifier.pt",
       kClassifierFlags + "--image_size 64 --num_channels 128 --num_res_blocks 4", "ImageNet", kGuided, 1000},
      {P::kClassifier, "128x128_classifier.pt",
       kClassifierFlags + "--image_size 128 --num_channels 128 --num_res_blocks 2", "ImageNet", kGuided, 1000},
      {P::kClassifier, "256x256_classifier.pt",
       kClassifierFlags + "--image_size 256 --num_channels 128 --num_res_blocks 2", "ImageNet", kGuided, 1000},
      {P::kClassifier, "512x512_classifier.pt",
       kClassifierFlags + "--image_size 512 --num_channels 128 --num_res_blocks 2", "ImageNet", kGuided, 1000}};
  return all;
}

std::vector<TensorSource> PublishedCheckpoint::shapes() const {
  if (kind == kSr3) return sr3_layout(sr3_network(read_sr3_config(parse_config(settings, file, false)))).sources();
  const AdmFlags flags = parse_adm_flags(settings);
  if (kind == kClassifier) return adm_classifier_shapes(flags);
  return adm_layout(adm_network(flags, classes), false).sources();
}

const PublishedCheckpoint* recognised(const NetworkView& net) {
  for (const PublishedCheckpoint& checkpoint : published_checkpoints()) {
    const std::vector<TensorSource> shapes = checkpoint.shapes();
    if (shapes.size() == net.tensors().size() && misfit(net, shapes).empty()) return &checkpoint;
  }
  return nullptr;
}

}  // namespace sr3
