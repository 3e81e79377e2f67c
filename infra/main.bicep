// The app and what it needs, without a key anywhere. `azd up` deploys it; main.parameters.json says
// which `azd env` value sets which parameter. No module comes from a registry.
targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment; part of the resource group\'s name.')
param environmentName string

@minLength(1)
@description('Region of all resources. It must offer Flex Consumption.')
@metadata({ azd: { type: 'location' } })
param location string

@allowed(['3.12', '3.13'])
param pythonVersion string = '3.12'

@description('Memory of an instance; a core comes with 2,048.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that are paid for and never stop, for orchestrators and activities; 0 scales to zero.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 1

@description('Puts the storage account behind private endpoints, and the app into a virtual network.')
param vnetEnabled bool = false

@description('Where orchestrations are kept: in the storage account, or in Durable Task Scheduler.')
@allowed(['azureStorage', 'durableTaskScheduler'])
param durableBackend string = 'azureStorage'

@allowed(['Standard_LRS', 'Standard_ZRS'])
param storageSku string = 'Standard_LRS'

@description('Object id of a person or group who runs tools/ against this storage account. Empty: nobody.')
param operatorPrincipalId string = ''

@description('Who is told of a failed order. Empty: the alert shows in the portal only.')
param alertEmail string = ''

@description('Days for which telemetry is kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

// The app's own settings; an empty one leaves the default, which ordering/settings.py has.
param orderWaitSeconds string = ''
param orderRecheckSeconds string = ''
param orderRetentionDays string = ''
param sweepSchedule string = ''
param archiveSchedule string = ''

@allowed(['ledger', 'stripe'])
param paymentGateway string = 'ledger'

@secure()
@description('Stripe\'s key, or a Key Vault reference to it: @Microsoft.KeyVault(SecretUri=...).')
param stripeApiKey string = ''
param stripeApiBase string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-${token}'
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    sku: storageSku
    publicAccess: !vnetEnabled
    appPrincipalId: identity.outputs.principalId
    operatorPrincipalId: operatorPrincipalId
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${token}'
    name: 'appi-${token}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
    appPrincipalId: identity.outputs.principalId
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    applicationInsightsId: monitoring.outputs.id
    email: alertEmail
  }
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
    storageAccountName: storage.outputs.name
  }
}

module scheduler 'modules/scheduler.bicep' = if (durableBackend == 'durableTaskScheduler') {
  name: 'scheduler'
  scope: group
  params: {
    name: 'dts-${token}'
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
  }
}

// In place of those of host.json, which keeps orchestrations in the storage account.
var schedulerSettings = durableBackend == 'durableTaskScheduler' ? {
  AzureFunctionsJobHost__extensions__durableTask__hubName: scheduler!.outputs.hubName
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler!.outputs.endpoint};Authentication=ManagedIdentity;ClientID=${identity.outputs.clientId}'
} : {}

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  params: {
    planName: 'plan-${token}'
    name: 'func-orders-${token}'
    location: location
    tags: tags
    serviceName: 'app'
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : ''
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    settings: union(schedulerSettings, {
      ORDER_WAIT_SECONDS: orderWaitSeconds
      ORDER_RECHECK_SECONDS: orderRecheckSeconds
      ORDER_RETENTION_DAYS: orderRetentionDays
      SWEEP_SCHEDULE: sweepSchedule
      ARCHIVE_SCHEDULE: archiveSchedule
      PAYMENT_GATEWAY: paymentGateway
      STRIPE_API_KEY: stripeApiKey
      STRIPE_API_BASE: stripeApiBase
    })
  }
}

// azd keeps these in the environment: `azd env get-value AZURE_FUNCTION_URL`.
output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = app.outputs.name
output AZURE_FUNCTION_URL string = app.outputs.url
output AZURE_STORAGE_ACCOUNT string = storage.outputs.name
