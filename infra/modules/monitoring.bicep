// Logs, traces and metrics of the host. Application Insights takes identities, no keys.
param workspaceName string
param name string
param location string
param tags object
param retentionDays int
param appPrincipalId string

// Monitoring Metrics Publisher: send telemetry.
var appRole = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource appAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(applicationInsights.id, appPrincipalId, appRole)
  scope: applicationInsights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', appRole)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output id string = applicationInsights.id
output connectionString string = applicationInsights.properties.ConnectionString
