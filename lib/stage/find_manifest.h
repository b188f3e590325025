// Where stages and cascades are looked for that are named without a folder or without ".json", as in -m photo-x4.
#pragma once

#include <string>
#include <vector>

namespace sr3 {

// The path of the manifest that `name` means: the file of that name, or else that name with ".json"; of a name without a
// folder first in the current folder, then in those of SR3_CDM_PATH (separated by colons), then in ../share/sr3-cdm
// beside the program, where `make install` puts the examples. Of "-" and of a file with another ending it is the name
// itself, and of a name that ends in .json and is nowhere, so that reading it fails with that name. Throws Error, which
// lists the folders, for a name without an ending that is nowhere.
std::string find_manifest(const std::string& name);
std::vector<std::string> find_manifests(const std::vector<std::string>& names);

}  // namespace sr3
