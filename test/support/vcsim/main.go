// Command vcsim is a vCenter for tests: govmomi's simulator over TLS on loopback, and a line of JSON for what its API cannot do.
//
// It prints {"url":…} when it answers, then one line for each command that it reads, and ends with its standard input.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"log"
	"net/url"
	"os"
)

func main() {
	var size inventory
	flag.IntVar(&size.clusters, "clusters", 1, "clusters in the datacenter DC0")
	flag.IntVar(&size.hosts, "hosts", 2, "hosts of each cluster")
	flag.IntVar(&size.standalone, "standalone", 0, "hosts outside of clusters")
	flag.IntVar(&size.machines, "vms", 4, "virtual machines, by turns on all hosts")
	flag.IntVar(&size.portgroups, "portgroups", 1, "distributed port groups; machine n is in the n-th, by turns")
	listen := flag.String("listen", "127.0.0.1:0", "address and port")
	user := flag.String("user", "monitor@vsphere.local", "the one user that may log in")
	password := flag.String("password", "secret", "that user's password")
	certificate := flag.String("certificate", "", "file to write the server's certificate to")
	flag.Parse()
	log.SetFlags(0)

	model := size.model()
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}
	defer model.Remove()
	vcenter, err := newVcenter(model)
	if err != nil {
		log.Fatal(err)
	}
	if err := size.fill(vcenter); err != nil {
		log.Fatal(err)
	}

	pair, err := selfSigned(*certificate)
	if err != nil {
		log.Fatal(err)
	}
	model.Service.TLS = pair
	model.Service.Listen = &url.URL{Host: *listen, User: url.UserPassword(*user, *password)}
	server := model.Service.NewServer()
	server.Config.Handler = vcenter.calls.refusing(server.Config.Handler)
	address := *server.URL
	address.User = nil

	answers := json.NewEncoder(os.Stdout)
	answers.Encode(map[string]any{"url": address.String()})
	vcenter.obey(bufio.NewScanner(os.Stdin), answers)
}

// obey carries out commands until there are no more.
func (v *vcenter) obey(lines *bufio.Scanner, answers *json.Encoder) {
	for lines.Scan() {
		var order command
		err := json.Unmarshal(lines.Bytes(), &order)
		var result any = map[string]any{}
		if err == nil {
			result, err = v.carryOut(order)
		}
		if err != nil {
			result = map[string]any{"error": err.Error()}
		}
		answers.Encode(result)
	}
}
