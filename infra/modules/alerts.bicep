// One alert: an order Failed, so a person must repair something. None on an order that a decision
// ended (Cancelled, Expired, PaymentDeclined, Rejected): that is no fault, and it is Completed.
param location string
param tags object
param applicationInsightsId string
param email string

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-orders'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'orders'
    enabled: true
    emailReceivers: [
      {
        name: 'email'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource failedOrder 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'order-failed'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'An order failed'
    description: 'What to do: docs/operations.md, "When an order fails".'
    severity: 1
    enabled: true
    scopes: [applicationInsightsId]
    evaluationFrequency: 'PT5M'
    // Telemetry may be some minutes late.
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: loadTextContent('../../docs/queries/failed-orders.kql')
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          // One alert for each order.
          dimensions: [
            {
              name: 'orderId'
              operator: 'Include'
              values: ['*']
            }
          ]
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: false
    // An order is in the window of three evaluations.
    muteActionsDuration: 'PT30M'
    actions: {
      actionGroups: empty(email) ? [] : [people.id]
    }
  }
}
