package main

import (
	"fmt"
	"time"

	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

// vcenter is the running simulator, with a client inside the process.
type vcenter struct {
	*simulator.Context
	service *simulator.Service
	client  *vim25.Client
	finder  *find.Finder
	folders *object.DatacenterFolders
	calls   *calls
	// cards is how many network cards were made.
	cards int
}

func newVcenter(model *simulator.Model) (*vcenter, error) {
	ctx := model.Service.Context
	client, err := vim25.NewClient(ctx, model.Service)
	if err != nil {
		return nil, err
	}
	finder := find.NewFinder(client)
	datacenter, err := finder.DefaultDatacenter(ctx)
	if err != nil {
		return nil, err
	}
	finder.SetDatacenter(datacenter)
	folders, err := datacenter.Folders(ctx)
	if err != nil {
		return nil, err
	}
	calls := &calls{counted: map[string]int{}, delays: map[string]time.Duration{}}
	ctx.Map.Handler = calls.before
	return &vcenter{ctx, model.Service, client, finder, folders, calls, 0}, nil
}

// wait waits for a task that may not have been started.
func (v *vcenter) wait(task *object.Task, err error) error {
	if err != nil {
		return err
	}
	return task.Wait(v)
}

// backing is what a network card of that port group has; standard ones count too.
func (v *vcenter) backing(network string) (types.BaseVirtualDeviceBackingInfo, error) {
	found, err := v.finder.Network(v, network)
	if err != nil {
		return nil, err
	}
	return found.EthernetCardBackingInfo(v)
}

func (v *vcenter) machine(name string) (*object.VirtualMachine, error) {
	for _, entity := range v.Map.All("VirtualMachine") {
		if entity.Entity().Name == name {
			return object.NewVirtualMachine(v.client, entity.Reference()), nil
		}
	}
	return nil, fmt.Errorf("no virtual machine is called %q", name)
}

// change sets properties as the server does, which clients that wait for updates hear of.
func (v *vcenter) change(ref types.ManagedObjectReference, changes ...types.PropertyChange) {
	obj := v.Map.Get(ref)
	v.WithLock(obj, func() { v.Update(obj, changes) })
}
