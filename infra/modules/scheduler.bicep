// Durable Task Scheduler: orchestrations in a service of their own, where the storage account's
// 20 to 75 orders a second are not enough.
param name string
param location string
param tags object
param appPrincipalId string

// Durable Task Data Contributor: run the orchestrations of this task hub, and manage them.
var appRole = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: 'Consumption' }
    // An empty list lets nobody in. Who may do what is the role's affair.
    ipAllowlist: ['0.0.0.0/0']
  }

  resource hub 'taskHubs' = {
    name: 'PlaceOrderHub'
  }
}

resource appAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scheduler::hub.id, appPrincipalId, appRole)
  scope: scheduler::hub
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', appRole)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output endpoint string = scheduler.properties.endpoint
output hubName string = scheduler::hub.name
