package directory

import "errors"

var errNotBuilt = errors.New("directory: not built")
