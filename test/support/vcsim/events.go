package main

import (
	"fmt"
	"reflect"
	"time"

	"github.com/vmware/govmomi/event"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// postEvent posts what vCenter does and the simulator does not: an event of any type about a machine.
func (v *vcenter) postEvent(machine *object.VirtualMachine, c command) error {
	made, err := named(c.Type)
	if err != nil {
		return err
	}
	posted, ok := made.(types.BaseEvent)
	if !ok {
		return fmt.Errorf("%s is no event", c.Type)
	}
	ref := machine.Reference()
	vm := v.Map.Get(ref).(*simulator.VirtualMachine)
	where, err := v.hostArgument(*vm.Runtime.Host)
	if err != nil {
		return err
	}
	about := posted.GetEvent()
	about.CreatedTime = time.Now()
	about.Vm = &types.VmEventArgument{EntityEventArgument: types.EntityEventArgument{Name: c.Vm}, Vm: ref}
	about.Host = where
	about.ComputeResource = &types.ComputeResourceEventArgument{EntityEventArgument: types.EntityEventArgument{Name: "DC0_C0"}}
	about.Datacenter = &types.DatacenterEventArgument{EntityEventArgument: types.EntityEventArgument{Name: "DC0"}}
	about.Ds = &types.DatastoreEventArgument{EntityEventArgument: types.EntityEventArgument{Name: "LocalDS_0"}, Datastore: vm.Datastore[0]}
	if from := reflect.ValueOf(posted).Elem().FieldByName("SourceHost"); from.IsValid() && c.Host != "" {
		host, err := v.finder.HostSystem(v, "*/"+c.Host)
		if err != nil {
			return err
		}
		source, err := v.hostArgument(host.Reference())
		if err != nil {
			return err
		}
		from.Set(reflect.ValueOf(*source))
	}
	if task, ok := posted.(*types.TaskEvent); ok {
		task.Info = types.TaskInfo{
			DescriptionId: c.Name, Entity: &ref, EntityName: c.Vm,
			State: types.TaskInfoStateRunning, QueueTime: about.CreatedTime,
		}
	}
	return event.NewManager(v.client).PostEvent(v, posted)
}

func (v *vcenter) hostArgument(ref types.ManagedObjectReference) (*types.HostEventArgument, error) {
	host, ok := v.Map.Get(ref).(*simulator.HostSystem)
	if !ok {
		return nil, fmt.Errorf("no host is called %s", ref)
	}
	return &types.HostEventArgument{EntityEventArgument: types.EntityEventArgument{Name: host.Name}, Host: ref}, nil
}

// named makes an object of one of the API's types.
func named(kind string) (any, error) {
	found, ok := types.TypeFunc()(kind)
	if !ok {
		return nil, fmt.Errorf("the API has no type %q", kind)
	}
	return reflect.New(found).Interface(), nil
}
