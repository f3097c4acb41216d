// Reads a list of objects as JSON and writes what kstatus says of each, a line each.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var objects []unstructured.Unstructured
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		return err
	}
	for i := range objects {
		result, err := status.Compute(&objects[i])
		if err != nil {
			return err
		}
		fmt.Println(result.Status)
	}
	return nil
}
