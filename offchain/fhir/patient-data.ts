/**
 * Types of resources that are data of a patient: R4's compartment of the patient (CompartmentDefinition "patient") without AuditEvent, and what
 * such resources refer to. Others could act on the server that they are created on: a Subscription sends what the server has of everybody to
 * whom it names, a SearchParameter changes what it finds, an AuditEvent what it is said to have done.
 */
export const PATIENT_DATA: ReadonlySet<string> = new Set(
  `Account AdverseEvent AllergyIntolerance Appointment AppointmentResponse Basic BodyStructure CarePlan CareTeam ChargeItem Claim ClaimResponse
  ClinicalImpression Communication CommunicationRequest Composition Condition Consent Coverage CoverageEligibilityRequest CoverageEligibilityResponse
  DetectedIssue DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference Encounter EnrollmentRequest EnrollmentResponse
  EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory Flag Goal Group ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation
  Invoice List MeasureReport Media MedicationAdministration MedicationDispense MedicationRequest MedicationStatement MolecularSequence NutritionOrder
  Observation Patient Person Procedure Provenance QuestionnaireResponse RelatedPerson RequestGroup ResearchSubject RiskAssessment Schedule
  ServiceRequest Specimen SupplyDelivery SupplyRequest VisionPrescription

  Binary BiologicallyDerivedProduct Contract Device DeviceDefinition DeviceMetric GuidanceResponse HealthcareService InsurancePlan Location Medication
  MedicationKnowledge Organization OrganizationAffiliation PaymentNotice PaymentReconciliation Practitioner PractitionerRole Questionnaire ResearchStudy
  Slot Substance Task`.split(/\s+/),
);
